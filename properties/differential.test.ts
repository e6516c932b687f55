/**
 * The channel against the reference, byte for byte: what an end sends, delivers and makes of its end, over random
 * conversations, and over the same conversations with their bytes disturbed. The two share no code.
 */
import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import type { ClientChannel, Output, ServerChannel, Table } from "../src/protocol/index.ts";
import { UsageError } from "../src/protocol/index.ts";
import { table } from "../src/protocol/machine/table.ts";
import {
  absorb,
  clientKey,
  delivered,
  type End,
  joined,
  newEnd,
  seededBytes,
  serverKey,
  testClient,
  testKey,
  testServer,
} from "./model/pair.ts";
import { watched } from "./model/watched.ts";
import { runClient, runServer } from "./reference/endpoint.ts";
import { noPadding } from "./reference/record.ts";
import { type Account, deliveredBytes, sentBytes } from "./reference/talk.ts";
import type { Call } from "./reference/timeline.ts";
import { runs } from "./seed.ts";

type AnyChannel = ClientChannel | ServerChannel;

/** One end's whole history: what came in, how that ended, and what was called when. */
interface History {
  readonly input: Uint8Array;
  readonly end: "none" | "eof" | "reset";
  readonly calls: readonly Call[];
}

type Op =
  | { readonly op: "write"; readonly length: number }
  | { readonly op: "close" | "ping" | "alert" | "flushed" | "accept" | "refuse" | "trust" | "distrust" }
  | { readonly op: "deliver"; readonly length: number };

interface Setting {
  readonly via: "server" | "other" | "none";
  readonly context: "" | "door";
  readonly contexts: readonly string[];
  readonly stealth: boolean;
}

const via = testKey("via");

function makeClient(setting: Setting, walked: Table = table): ClientChannel {
  return testClient({
    table: walked,
    seed: "differential client",
    context: setting.context,
    firstUse: setting.via === "none",
    ...(setting.via === "other" ? { via: via.publicKey } : {}),
  });
}

const makeServer = (setting: Setting, walked: Table = table): ServerChannel =>
  testServer({
    table: walked,
    seed: "differential server",
    contexts: setting.contexts,
    stealth: setting.stealth,
  });

function referenceClient(setting: Setting, history: History): Account {
  const random = seededBytes("differential client");
  return runClient(
    {
      staticSecret: clientKey.secretKey,
      ephemeralSecret: random(32),
      random48: random(48),
      serverKey: setting.via === "none" ? null : serverKey.publicKey,
      via: setting.via === "other" ? via.publicKey : null,
      context: setting.context,
      padding: noPadding,
    },
    history,
  );
}

function referenceServer(setting: Setting, history: History): Account {
  return runServer(
    {
      staticSecrets: [serverKey.secretKey],
      ephemeralSecret: seededBytes("differential server")(32),
      contexts: setting.contexts,
      stealth: setting.stealth,
      serves: true,
      route: null,
      padding: noPadding,
    },
    history,
  );
}

/** Makes a call, or counts it as misuse; what is called after the end the reference does not look at. */
function make(end: End<AnyChannel>, call: Call, misused: Call[]): void {
  const isOver = ending(end.channel.state) !== "waiting";
  try {
    absorb(end, invoke(end.channel, call), { peerKey: () => undefined });
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    if (!isOver) misused.push(call);
  }
}

function invoke(channel: AnyChannel, call: Call): Output[] {
  switch (call.call) {
    case "write":
      return channel.write(call.data);
    case "close":
      return channel.close();
    case "ping":
      return channel.ping(call.bytes);
    case "flushed":
      return channel.flushed();
    case "alert":
      return channel.alert(call.code, call.message);
    case "trust":
      return "trust" in channel ? channel.trust() : misuse();
    case "distrust":
      return "reject" in channel ? channel.reject() : misuse();
    case "accept":
      return "accept" in channel ? channel.accept() : misuse();
    case "refuse":
      return "refuse" in channel ? channel.refuse(call.code, call.message) : misuse();
    case "deadline":
      return [];
  }
}

function misuse(): never {
  throw new UsageError("not a call of this role");
}

interface Run {
  readonly end: End<AnyChannel>;
  readonly misused: readonly Call[];
  /** The events whose cells said that the connection has failed. */
  readonly failures: readonly string[];
}

/** Plays a history to a channel, in pieces that end where calls are made. */
function play(makeChannel: (table: Table) => AnyChannel, history: History): Run {
  const failures: string[] = [];
  const channel = makeChannel(watched(failures));
  const end = newEnd(channel);
  const misused: Call[] = [];
  if ("start" in channel) absorb(end, channel.start());
  let at = 0;
  for (const call of history.calls) {
    const upTo = Math.max(at, call.at);
    absorb(end, channel.receive(history.input.slice(at, upTo)), { peerKey: () => undefined });
    at = upTo;
    make(end, call, misused);
  }
  absorb(end, channel.receive(history.input.slice(at)), { peerKey: () => undefined });
  if (history.end === "eof") absorb(end, channel.transportEnded(), { peerKey: () => undefined });
  if (history.end === "reset")
    absorb(end, channel.transportFailed(new Error("ECONNRESET")), { peerKey: () => undefined });
  return { end, misused, failures };
}

const ending = (state: string): string =>
  state === "Closing" || state === "Closed"
    ? "closed"
    : state === "Draining" || state === "Failed" || state === "Hiding"
      ? "failed"
      : "waiting";

/** A channel's run and the reference's, said in the same words. */
function ours({ end, misused, failures }: Run) {
  return {
    sent: joined(end.outputs.flatMap((output) => (output.type === "transmit" ? [output.bytes] : []))),
    delivered: delivered(end),
    ending: ending(end.channel.state),
    event: failures[0],
    misused: misused.length,
    opened: end.outputs.some(({ type }) => type === "open"),
    peerClosed: end.outputs.some(({ type }) => type === "end"),
    pongs: end.outputs.filter(({ type }) => type === "pong").length,
  };
}

function theirs(account: Account) {
  return {
    sent: sentBytes(account),
    delivered: deliveredBytes(account),
    ending: account.outcome.state,
    event: account.outcome.state === "failed" ? account.outcome.event : undefined,
    misused: account.misused.length,
    opened: account.opened,
    peerClosed: account.peerClosed,
    pongs: account.pongs,
  };
}

/** A conversation between two channels, as each of them saw it. */
function converse(setting: Setting, ops: readonly (Op & { at: "client" | "server" })[]) {
  const ends = {
    client: newEnd<AnyChannel>(makeClient(setting)),
    server: newEnd<AnyChannel>(makeServer(setting)),
  };
  const inputs = { client: [] as Uint8Array[], server: [] as Uint8Array[] };
  const calls = { client: [] as Call[], server: [] as Call[] };
  const wires: Record<"client" | "server", Uint8Array> = { client: joined([]), server: joined([]) };
  const received = { client: 0, server: 0 };
  const start = ends.client.channel;
  if ("start" in start) absorb(ends.client, start.start());
  let count = 0;
  for (const op of ops) {
    for (const from of ["client", "server"] as const) {
      const to = from === "client" ? "server" : "client";
      wires[to] = joined([wires[to], ...ends[from].sent.splice(0)]);
    }
    const end = ends[op.at];
    if (op.op === "deliver") {
      const bytes = wires[op.at].slice(0, op.length);
      wires[op.at] = wires[op.at].slice(op.length);
      inputs[op.at].push(bytes);
      received[op.at] += bytes.length;
      absorb(end, end.channel.receive(bytes), { peerKey: () => undefined });
      continue;
    }
    const call = callOf(op, received[op.at], count++);
    calls[op.at].push(call);
    make(end, call, []);
  }
  const history = (who: "client" | "server"): History => ({
    input: joined(inputs[who]),
    end: "none",
    calls: calls[who],
  });
  return { client: history("client"), server: history("server") };
}

function callOf(op: Exclude<Op, { op: "deliver" }>, at: number, count: number): Call {
  switch (op.op) {
    case "write":
      return { at, call: "write", data: seededBytes(`data ${count}`)(64).slice(0, op.length) };
    case "ping":
      return { at, call: "ping", bytes: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, count) };
    case "alert":
      return { at, call: "alert", code: 0x8001, message: "enough" };
    case "refuse":
      return { at, call: "refuse", code: 9, message: "full" };
    default:
      return { at, call: op.op };
  }
}

const setting: fc.Arbitrary<Setting> = fc.record({
  via: fc.constantFrom("server", "other", "none", "none"),
  context: fc.constantFrom("", "door"),
  contexts: fc.constantFrom(["", "door"], ["", "door"], ["door"]),
  stealth: fc.boolean(),
});

const likelyOps: fc.Arbitrary<Op & { at: "client" | "server" }>[] = [
  fc.record({
    at: fc.constantFrom("client", "server"),
    op: fc.constant("deliver"),
    length: fc.constantFrom(1, 8, 60, 100, 10_000, 10_000),
  }),
  fc.record({
    at: fc.constantFrom("client", "server"),
    op: fc.constant("write"),
    length: fc.integer({ min: 0, max: 64 }),
  }),
  fc.record({
    at: fc.constantFrom("client", "server"),
    op: fc.constantFrom("close", "ping", "flushed", "flushed"),
  }),
  fc.record({ at: fc.constant("server"), op: fc.constant("accept") }),
  fc.record({ at: fc.constant("client"), op: fc.constant("trust") }),
];
const op = fc.oneof(
  ...likelyOps.map((arbitrary) => ({ arbitrary, weight: 5 })),
  { arbitrary: fc.record({ at: fc.constantFrom("client", "server"), op: fc.constant("alert") }), weight: 1 },
  { arbitrary: fc.record({ at: fc.constant("server"), op: fc.constant("refuse") }), weight: 1 },
  { arbitrary: fc.record({ at: fc.constant("client"), op: fc.constant("distrust") }), weight: 5 },
) as fc.Arbitrary<Op & { at: "client" | "server" }>;

/** Gets both ends open, most of the time, before anything else happens. */
const opening = [
  { at: "server", op: "deliver", length: 10_000 },
  { at: "client", op: "deliver", length: 10_000 },
  { at: "client", op: "trust" },
  { at: "server", op: "deliver", length: 10_000 },
  { at: "server", op: "accept" },
  { at: "client", op: "deliver", length: 10_000 },
] as const;

const ops = fc
  .tuple(
    fc.oneof(fc.constant(opening.length), fc.nat(opening.length)),
    fc.array(op, { maxLength: 40, size: "max" }),
  )
  .map(([opened, rest]) => [...opening.slice(0, opened), ...rest]);

/** A disturbance of an input: where, and what. */
interface Disturbance {
  readonly where: number;
  readonly what: "none" | "flip" | "drop" | "insert" | "cut";
  readonly byte: number;
  readonly end: History["end"];
}

const disturbance: fc.Arbitrary<Disturbance> = fc.record({
  where: fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0.8, max: 1, noNaN: true })),
  what: fc.constantFrom("none", "flip", "drop", "insert", "cut"),
  byte: fc.integer({ min: 1, max: 255 }),
  end: fc.constantFrom("none", "eof", "reset"),
});

function disturbed(history: History, { where, what, byte, end }: Disturbance): History {
  const at = Math.min(Math.floor(where * history.input.length), Math.max(0, history.input.length - 1));
  const [before, after] = [history.input.slice(0, at), history.input.slice(at)];
  const changed = {
    none: () => history.input,
    flip: () => joined([before, after.map((value, i) => (i === 0 ? value ^ byte : value))]),
    drop: () => joined([before, after.slice(1)]),
    insert: () => joined([before, Uint8Array.of(byte), after]),
    cut: () => before,
  } as const;
  const input = changed[what]();
  // A call that waits for bytes that never come is not made.
  return { input, end, calls: history.calls.filter((call) => call.at <= input.length) };
}

describe("the channel and the reference say the same", () => {
  const seen = new Set<string>();

  test.prop([setting, ops, disturbance], { numRuns: runs(600) })(
    "ST-001: over conversations, undisturbed and disturbed",
    (how, script, change) => {
      const { client, server } = converse(how, script);
      for (const history of [client, disturbed(client, change)]) {
        const run = ours(play((table) => makeClient(how, table), history));
        expect(run).toEqual(theirs(referenceClient(how, history)));
        seen.add(`client ${run.ending} ${run.event}`);
      }
      for (const history of [server, disturbed(server, change)]) {
        const run = ours(play((table) => makeServer(how, table), history));
        expect(run).toEqual(theirs(referenceServer(how, history)));
        seen.add(`server ${run.ending} ${run.event}`);
      }
    },
    120_000,
  );

  // The comparison is worth something only where ends of every kind have been met.
  it.each([
    ...[
      "client closed undefined",
      "client waiting undefined",
      "server closed undefined",
      "server waiting undefined",
    ],
    ...["alert", "close", "reject", "challenge.bad", "verdict.alert", "verdict.bad"].map(
      (name) => `client failed ${name}`,
    ),
    ...["alert", "refuse", "hello.hidden", "response.bad", "response.wrongContext"].map(
      (name) => `server failed ${name}`,
    ),
    ...["record.alert", "record.bad", "reset", "eof.partial"].flatMap((name) => [
      `client failed ${name}`,
      `server failed ${name}`,
    ]),
  ])("and met: %s", (kind) => {
    expect(seen).toContain(kind);
  });
});
