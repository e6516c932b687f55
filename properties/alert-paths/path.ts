import { type AlertName, alertCodes, type State, type Table } from "../../src/protocol/index.ts";
import { pattern } from "../model/scenarios.ts";
import { type Cause, earlier, reach, type Side, type Situation, writtenBefore } from "./situation.ts";

/** What is the matter at the end that gives up when it does. */
export const conditions = ["idle", "mid-record", "unread data", "backpressure", "half-closed"] as const;
/** What it then gets to see of its peer. */
export const sequels = ["alert", "FIN", "RST", "stall"] as const;
export const causes: readonly Cause[] = [
  ...(Object.keys(alertCodes) as AlertName[]),
  0x8000,
  0xffff,
  "garbage",
  "deadline",
];

export interface AlertPath {
  readonly side: Side;
  readonly state: State;
  readonly cause: Cause;
  readonly condition: (typeof conditions)[number];
  readonly sequel: (typeof sequels)[number];
}

export const words = "“enough”";
/** What a peer gives up with that does so at the same time. */
export const peersAlert = 0x9001;

/** Every path there is. */
export function* allPaths(): Generator<AlertPath> {
  for (const side of ["client", "server"] as const)
    for (const state of Object.keys(reach[side]) as State[])
      for (const cause of causes)
        for (const condition of conditions)
          for (const sequel of sequels) yield { side, state, cause, condition, sequel };
}

/** Whether the peer of who alerts can open what it says: not where it has never sent a Hello like this. */
export function canHear({ state }: AlertPath): boolean {
  return state !== "AwaitHello";
}

/** What was seen of a path. */
export interface Walked {
  readonly path: AlertPath;
  readonly situation: Situation;
  /** Bytes that the peer had transmitted when it was given the alert's first byte. */
  readonly peerHadSaid: number;
  /** The alert may have been lost, as the transport was when it was not yet handed over. */
  readonly isLost: boolean;
}

export const opposite = { client: "server", server: "client" } as const;

/** Looks like records of the shortest length, of which none authenticates. */
const garbage = Uint8Array.from({ length: 700 }, (_, i) => (i % 2 === 0 ? 0 : 19));
/** Writes that the channel takes at once are made before the end gives up. */
const writable: readonly State[] = ["AwaitVerdict", "Open", "HalfClosedRemote"];
const closable: readonly State[] = ["AwaitVerdict", "Open"];
const over: readonly State[] = ["Closing", "Closed", "Draining", "Failed", "Hiding", "Forwarded"];

/** Walks a path to its end. `table` puts another life cycle in the place of both channels' own. */
export function walk(path: AlertPath, table?: Table, mangle = (bytes: Uint8Array) => bytes): Walked {
  const { side, condition, sequel } = path;
  const peer = opposite[side];
  const situation = (reach[side][path.state] as (table?: Table) => Situation)(table);
  const end = situation.end(side);
  const { channel } = end;
  if (channel.state !== path.state) throw new Error(`${channel.state}, not ${path.state}`);
  const inFlight: Uint8Array[] = [];
  const handOver = () => void inFlight.push(mangle(end.flush()));

  if (writable.includes(path.state)) situation.write(side, writtenBefore);
  let unread: Uint8Array = new Uint8Array(0);
  switch (condition) {
    case "idle":
      handOver();
      break;
    case "mid-record": {
      handOver();
      const record = situation.says(peer);
      const half = Math.ceil(record.length / 2);
      situation.give(side, record.subarray(0, half));
      unread = record.subarray(half);
      break;
    }
    case "unread data":
      handOver();
      unread = situation.says(peer);
      break;
    case "backpressure":
      break;
    case "half-closed":
      handOver();
      if (closable.includes(path.state)) situation.close(side);
      else situation.giveEnd(side);
      break;
  }

  bringAbout(path, situation);
  if (over.includes(channel.state)) triesToSayMore(situation, side);
  const takesNothing = condition === "backpressure" && (sequel === "RST" || sequel === "stall");
  if (!takesNothing) handOver();

  switch (sequel) {
    case "alert":
      // Before it has heard anything of this end's.
      situation.attempt(peer, (it) => it.alert(peersAlert, "too"));
      situation.give(side, unread);
      situation.give(side, situation.end(peer).flush());
      break;
    case "FIN":
      situation.give(side, unread);
      situation.giveEnd(side);
      break;
    case "RST":
      situation.give(side, unread);
      situation.giveReset(side);
      break;
    case "stall":
      passDeadline(situation, side);
      break;
  }
  const hadMore = end.sent.length > 0 && takesNothing;
  if (!takesNothing) handOver();
  const peerHadSaid = deliver(situation, peer, inFlight, takesNothing || sequel === "RST");
  // Whatever the end still waits for does not come.
  if (!["Closed", "Failed", "Forwarded"].includes(channel.state)) situation.giveReset(side);
  return { path, situation, peerHadSaid, isLost: hadMore };
}

function bringAbout({ side, cause }: AlertPath, situation: Situation): void {
  if (cause === "garbage") situation.give(side, garbage);
  else if (cause === "deadline") {
    passDeadline(situation, side);
    // Liveness asks once before it gives up.
    passDeadline(situation, side);
  } else situation.attempt(side, (channel) => channel.alert(cause, words));
}

function passDeadline(situation: Situation, side: Side): void {
  const end = situation.end(side);
  const { deadline } = end.channel;
  if (deadline === undefined) return;
  situation.clock.now = Math.max(situation.clock.now, deadline);
  end.do(end.channel.tick());
}

/** Every call there is, of an application that has not heard yet. */
function triesToSayMore(situation: Situation, side: Side): void {
  situation.attempt(side, (channel) => channel.alert(0x8fff, "again"));
  situation.attempt(side, (channel) => channel.close());
  situation.attempt(side, (channel) => channel.write(pattern(10, 77)));
  situation.attempt(side, (channel) => channel.ping());
  situation.attempt(side, (channel) => ("accept" in channel ? channel.accept() : channel.trust()));
  situation.attempt(side, (channel) => ("refuse" in channel ? channel.refuse("busy") : channel.reject()));
  if (situation.end(side).channel.state !== "Forwarded") situation.answerDh(side);
}

/** Gives the peer all that is on its way, seven bytes at a time, then how the transport ends. */
function deliver(
  situation: Situation,
  peer: Side,
  inFlight: readonly Uint8Array[],
  isReset: boolean,
): number {
  const actor = situation.end(peer);
  const said = () => actor.wire.reduce((sum, { length }) => sum + length, 0);
  if (actor.channel.state === "Responding") situation.answerDh(peer);
  if (actor.channel.state === "Deciding")
    situation.attempt(peer, (channel) => ("accept" in channel ? channel.accept() : []));
  actor.flush();
  const hadSaid = said();
  for (const bytes of inFlight)
    for (let at = 0; at < bytes.length; at += 7) situation.give(peer, bytes.subarray(at, at + 7));
  if (isReset) situation.giveReset(peer);
  else situation.giveEnd(peer);
  return hadSaid;
}

const speaks: Record<Side, readonly State[]> = {
  client: ["AwaitVerdict", "AwaitVerdictClosed", "Open", "HalfClosedLocal", "HalfClosedRemote"],
  server: ["AwaitResponse", "Deciding", "Open", "HalfClosedLocal", "HalfClosedRemote"],
};

/** The one alert that an end says on a path, if it says one: by hand, from the text of the specification. */
export function expectedAlert({ side, state, cause, condition, sequel }: AlertPath): number | undefined {
  if (state === "Draining") return earlier;
  // Garbage that makes half a Hello whole is answered, and the rest of it taken for the Response.
  if (state === "AwaitHello" && cause === "garbage" && condition === "mid-record")
    return alertCodes.bad_response;
  if (!speaks[side].includes(state)) return undefined;
  const hasEnded = condition === "half-closed" && !closable.includes(state);
  // The end of the input is the end of a connection that has not been closed, and nobody is told (ST-025, RC-033).
  if (hasEnded && state !== "HalfClosedRemote" && state !== "Deciding") return undefined;
  if (typeof cause === "number") return cause;
  if (cause === "deadline") return hasEnded && state === "HalfClosedRemote" ? undefined : alertCodes.timeout;
  if (cause === "garbage") {
    // It is not looked at before the decision, and that is not waited for for ever.
    if (state === "Deciding") return sequel === "stall" ? alertCodes.timeout : undefined;
    // Nothing comes after an end of file.
    if (hasEnded) return undefined;
    return state === "AwaitResponse" ? alertCodes.bad_response : alertCodes.bad_record;
  }
  return alertCodes[cause];
}
