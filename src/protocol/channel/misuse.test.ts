/** Why: whoever makes a call that is none of the state's is helped by the words alone. */
import { describe, expect, it } from "vitest";
import { newPair, openPair } from "../../../properties/model/pair.ts";
import type { Channel } from "./channel.ts";
import type { ClientChannel } from "./client-channel.ts";
import type { ServerChannel } from "./server-channel.ts";

describe("ST-005: a call that the state does not allow", () => {
  it.each<[name: string, call: (channel: ClientChannel) => unknown, words: string]>([
    ["start", (channel) => channel.start(), "start() is called once, first"],
    ["trust", (channel) => channel.trust(), "trust() answers a peerKey output, once"],
    ["reject", (channel) => channel.reject(), "reject() answers a peerKey output, once"],
  ])("is told what it is for: a client's %s()", (_, call, words) => {
    const { channel } = openPair().client;
    expect(() => call(channel)).toThrow(`not in state Open: ${words}`);
  });

  it.each<[name: string, call: (channel: ServerChannel) => unknown, words: string]>([
    ["accept", (channel) => channel.accept(), "accept() answers a peerKey output, once"],
    ["refuse", (channel) => channel.refuse("busy"), "refuse() is for before a client is let in"],
    ["forward", (channel) => channel.forward(), "forward() answers a route output, once"],
  ])("is told what it is for: a server's %s()", (_, call, words) => {
    const { channel } = openPair().server;
    expect(() => call(channel)).toThrow(`not in state Open: ${words}`);
  });

  it.each<[name: string, call: (channel: Channel) => unknown, words: string]>([
    ["write", (channel) => channel.write(Uint8Array.of(1)), "data can be written from the start of a client"],
    ["close", (channel) => channel.close(), "close() ends a direction that is open"],
    ["ping", (channel) => channel.ping(), "ping() is for an open channel"],
  ])("is told what it is for: %s()", (_, call, words) => {
    const { channel } = newPair().server;
    expect(() => call(channel)).toThrow(`not in state AwaitHello: ${words}`);
  });

  it("is told that one Ping is under way", () => {
    const { channel } = openPair().client;
    channel.ping();
    expect(() => channel.ping()).toThrow("not in state Open: one Ping at a time");
  });
});
