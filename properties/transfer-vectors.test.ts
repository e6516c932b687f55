/** Why: a session's blob may be made by one implementation and imported by another; the vectors are made by neither. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import type { SessionFields, SessionVector } from "../scripts/vectors-sessions.ts";
import {
  type Channel,
  type ClientChannel,
  exportSession,
  importSession,
  type ServerChannel,
  SessionBlobError,
} from "../src/protocol/index.ts";
import { decodeSession, encodeSession, type SavedSession } from "../src/protocol/transfer/blob.ts";
import { SeenBlobs } from "../src/protocol/transfer/seen.ts";
import { absorb, type End, joined, openPair, primitives, seededBytes, takeSent } from "./model/pair.ts";

const folder = join(import.meta.dirname, "../spec/vectors/sessions");
const json = (name: string) => JSON.parse(readFileSync(join(folder, name), "utf8"));
const vectors = readdirSync(folder)
  .filter((name) => name.endsWith(".json") && name !== "schema.json")
  .map((name) => json(name) as SessionVector);
const accepted = vectors.filter(({ fault }) => fault === null);
const fits = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(json("schema.json"));

const bytes = (hex: string) => new Uint8Array(Buffer.from(hex, "hex"));
const hex = (data: Uint8Array) => Buffer.from(data).toString("hex");

/** A session as the vectors write it. */
function fieldsOf({ name, live, unread, unsent }: SavedSession): SessionFields {
  const { liveness, sending, receiving } = live;
  return {
    exporter: hex(name.origin),
    serial: String(name.serial),
    role: live.role,
    state: live.state,
    pongOwed: liveness.pongOwed,
    pinged: liveness.pinged,
    ended: live.inputEnded,
    unflushed: live.unflushed,
    remotePublicKey: hex(live.remotePublicKey),
    localPublicKey: hex(live.localPublicKey),
    context: hex(live.context),
    channelBinding: hex(live.channelBinding),
    ping: liveness.outstanding === undefined ? null : hex(liveness.outstanding),
    silence: liveness.silence,
    exporterSecret: hex(live.exporterSecret),
    sendingKey: hex(sending.key),
    sendingCounter: String(sending.nonce),
    receivingKey: hex(receiving.key),
    receivingCounter: String(receiving.nonce),
    unopened: hex(live.unopened),
    unread: hex(unread),
    unsent: hex(unsent),
  };
}

const options = { primitives, randomBytes: seededBytes("vectors"), now: () => 0 };

describe.each(vectors.map((vector) => [vector.slug, vector] as const))("%s", (slug, vector) => {
  const { blob, session, fault } = vector;

  it("TR-014: fits the schema, and its file is named as it is", () => {
    expect(fits(vector), JSON.stringify(fits.errors)).toBe(true);
    expect(json(`${slug}.json`)).toEqual(vector);
  });

  it("TR-014 TR-016 TR-017 TR-023: is taken apart and put together, or refused, as it says", () => {
    if (session === null) {
      expect(() => decodeSession(primitives, bytes(blob))).toThrow(expect.objectContaining({ fault }));
      expect(() => importSession(bytes(blob), options, new SeenBlobs())).toThrow(SessionBlobError);
      return;
    }
    const saved = decodeSession(primitives, bytes(blob));
    expect(fieldsOf(saved)).toEqual(session);
    expect(hex(encodeSession(primitives, saved))).toBe(blob);
  });
});

const goingOn = accepted.flatMap(({ slug, blob, session, next }) =>
  session === null || next === null ? [] : [[slug, { blob, session, next }] as const],
);

describe.each(goingOn)("%s, imported", (_slug, { blob, session, next }) => {
  it("TR-022 TR-034: goes on as it says, and leaves as it came", () => {
    const { channel, outputs } = importSession(bytes(blob), options, new SeenBlobs());
    const sent = (some: typeof outputs) =>
      hex(joined(some.flatMap((output) => (output.type === "transmit" ? [output.bytes] : []))));
    expect(sent(outputs)).toBe(session.unsent);
    expect(sent(channel.ping(bytes(next.pingBody)))).toBe(next.record);
    const { label, context, output } = next.export;
    expect(hex(channel.exportKeyingMaterial(label, 64, bytes(context)))).toBe(output);
    const left = fieldsOf(decodeSession(primitives, exportSession(channel)));
    expect([left.unopened, left.receivingKey, left.receivingCounter]).toEqual([
      session.unopened,
      session.receivingKey,
      session.receivingCounter,
    ]);
    expect(BigInt(left.sendingCounter)).toBe(BigInt(session.sendingCounter) + 1n);
  });
});

describe("TR-029: the flags of a Ping, 2 and 4, in the blob of who sent it", () => {
  /** Takes the other end's bytes to the one. */
  function carry<C extends ClientChannel | ServerChannel>(from: End<Channel>, to: End<C>): void {
    absorb(to, to.channel.receive(takeSent(from)));
  }

  it.each<[string, readonly string[], number]>([
    ["nothing", [], 0],
    ["the Ping", ["ping"], 6],
    ["a Ping and data", ["ping", "data"], 2],
    ["data and a Ping", ["data", "ping"], 6],
    ["a Ping and its Pong", ["ping", "pong"], 0],
    ["a Ping, the peer's Close, its end of file", ["ping", "close", "eof"], 8],
    ["the peer's Close, a Ping, the end of file", ["close", "ping", "eof"], 12],
    ["the peer's Close, a Ping, its Pong, the end of file", ["close", "ping", "pong", "eof"], 8],
  ])("%s: %s come to %i", (_, happened, flags) => {
    const { client: peer, server: own } = openPair();
    const steps: Record<string, () => void> = {
      ping: () => absorb(own, own.channel.ping()),
      pong: () => {
        carry(own, peer);
        carry(peer, own);
      },
      data: () => {
        absorb(peer, peer.channel.write(Uint8Array.of(7)));
        carry(peer, own);
      },
      close: () => {
        absorb(peer, peer.channel.close());
        carry(peer, own);
      },
      eof: () => absorb(own, own.channel.transportEnded()),
    };
    for (const step of happened) steps[step]?.();
    absorb(own, own.channel.flushed());
    expect(exportSession(own.channel)[36]).toBe(flags);
  });
});

it("there are vectors of every state, role and fault", () => {
  expect(new Set(accepted.map(({ session }) => session?.state)).size).toBe(3);
  expect(new Set(accepted.map(({ session }) => session?.role)).size).toBe(2);
  const faults = new Set(vectors.flatMap(({ fault }) => (fault === null ? [] : [fault])));
  expect([...faults].sort()).toEqual(["checksum", "field", "length", "magic", "size", "suite", "version"]);
  expect(fits({ ...vectors[0], more: 1 })).toBe(false);
});
