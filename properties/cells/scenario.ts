import type { EventName, Role, State } from "../../src/protocol/machine/table.ts";
import { ascii } from "../reference/primitives.ts";
import { hex } from "./puppet.ts";
import type { ClientPath, ServerPath } from "./states.ts";
import { pingBody } from "./subject.ts";

/** Words for outputs; a pattern where a part is random. */
export type Words = readonly (string | RegExp)[];

/** One way to make an event happen in a state. */
export interface Scenario<S, Path> {
  /** How the channel is made, and what is done on the way to the state and in it, before the event. */
  readonly path?: Path;
  /** The one call that makes the event. */
  readonly act: (subject: S) => string[];
  /** The events that the call was taken for before: where nonces are missing, what needs them. */
  readonly first?: readonly EventName[];
  /** What the outputs of the cell say here, where {@link usualWords} do not hold. */
  readonly says?: Readonly<Record<string, Words>>;
}

/** For each event the ways to make it happen in a state. */
export type Drivers<S, Path, Event extends EventName> = Readonly<
  Record<Event, (state: State) => readonly Scenario<S, Path>[]>
>;
export type ClientDrivers<S, Event extends EventName> = Drivers<S, ClientPath, Event>;
export type ServerDrivers<S, Event extends EventName> = Drivers<S, ServerPath, Event>;

/** The data that is written, and sent by puppets, unless a scenario says otherwise. */
export const abc = ascii("abc");
/** The application's own alert, with words. */
export const sorry = { code: 0x8001, message: "sorry", words: "32769 sorry" } as const;

/** What an output of the table is in the scenarios, unless one says otherwise. `failed` is always said. */
export function usualWords(action: string, role: Role): Words {
  const [name, alert = sorry.words] = action.split(":");
  switch (name) {
    case "hold":
    case "drop":
    case "remember":
    case "refuse.later":
    case "queue":
    case "send.queued":
      return [];
    case "misuse":
    case "open":
    case "end":
    case "closed":
    case "endTransport":
    case "closeTransport":
      return [name];
    case "dh":
      return [`dh ${role}`];
    case "route":
      return ["route other"];
    case "peerKey":
      return [role === "client" ? "peerKey server" : "peerKey client"];
    case "send.hello":
      return ["Hello for server"];
    case "send.hint":
      return ["hint"];
    case "send.challenge":
      return ["Challenge 0 from server"];
    case "send.response":
      return ['Response of client for "cells"'];
    case "send.verdict.accept":
      return ["Verdict Accept"];
    case "send.verdict.alert":
      return [`Verdict Alert ${alert}`];
    case "send.alert":
      return [`Alert ${alert}`];
    case "send.early":
    case "send.data":
      return ["Data abc"];
    case "send.close":
      return ["Close"];
    case "send.ping":
      return [`Ping ${hex(pingBody)}`];
    case "send.pong":
      return [`Pong ${hex(pingBody)}`];
    case "data":
      return ["data abc"];
    case "pong":
      return [`pong ${hex(pingBody)}`];
    case "alert":
      return [`alert ${sorry.words}`];
    default:
      throw new Error(`${action} has no usual words`);
  }
}
