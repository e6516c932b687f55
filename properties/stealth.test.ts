/**
 * Why: a server that hides must hide every failure in the same way, or the difference gives it away. So what a stranger
 * can observe (bytes, half-closes, closes, whether input is still taken, and when) is recorded on a clock for every
 * kind of stranger, and compared.
 */
import { describe, expect, it } from "vitest";
import type { KeyHolder, ServerOptions } from "../src/protocol/index.ts";
import { Actor } from "./model/actor.ts";
import { joined, outputTypes, serverKey, testClient, testServer } from "./model/pair.ts";
import { type ClientSetup, otherKey, pattern, viaKey } from "./model/scenarios.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);

function hello(options: ClientSetup = {}): Uint8Array {
  const [first] = testClient(options).start();
  if (first?.type !== "transmit") throw new Error("a client begins with its Hello");
  return first.bytes;
}

const failing: KeyHolder = {
  publicKey: serverKey.publicKey,
  dh: () => {
    throw new Error("the token was pulled out");
  },
};
const zero: KeyHolder = { publicKey: serverKey.publicKey, dh: () => undefined };
const known = hello();

interface Stranger {
  readonly name: string;
  readonly says: Uint8Array;
  readonly server?: Partial<ServerOptions>;
  readonly busy?: boolean;
}

const strangers: readonly Stranger[] = [
  { name: "says nothing", says: new Uint8Array(0) },
  { name: "says HWSR and no more", says: utf8("HWSR") },
  { name: "says a Hello that is a byte short", says: known.subarray(0, 87) },
  { name: "speaks HTTP", says: utf8("GET / HTTP/1.1\r\nHost: example.org\r\n\r\n") },
  { name: "speaks TLS", says: joined([Uint8Array.of(22, 3, 1, 2, 0, 1), pattern(300, 1)]) },
  { name: "asks for another version", says: known.with(4, 2) },
  { name: "asks for another suite", says: known.with(5, 2) },
  { name: "sets a flag", says: known.with(7, 1) },
  { name: "has an ephemeral key of low order", says: joined([known.subarray(0, 8), new Uint8Array(80)]) },
  { name: "wants somebody else", says: hello({ serverKey: otherKey.publicKey }) },
  { name: "changes a bit of a known Hello", says: known.with(60, (known[60] ?? 0) ^ 1) },
  { name: "knows no key", says: hello({ firstUse: true }) },
  { name: "comes while the token is out", says: known, server: { keyHolders: [failing] } },
  { name: "comes while the token answers zero", says: known, server: { keyHolders: [zero] } },
  { name: "comes while the server is full", says: hello({ serverKey: otherKey.publicKey }), busy: true },
  {
    name: "comes to a middlebox that does not know the key",
    says: known,
    server: { keyHolders: [viaKey], routes: true, application: false },
  },
  { name: "says a lot", says: joined([hello({ firstUse: true }), pattern(200_000, 1)]) },
];

/** What the stranger does besides: when it says it, what it adds, how it leaves. */
interface Course {
  readonly name: string;
  readonly saysAt: number;
  readonly addsAt: readonly number[];
  readonly adds: number;
  readonly leaves?: { readonly at: number; readonly how: "eof" | "reset" };
}

const courses: readonly Course[] = [
  { name: "and waits", saysAt: 0, addsAt: [], adds: 0 },
  { name: "late, and waits", saysAt: 9_000, addsAt: [], adds: 0 },
  { name: "and goes on talking", saysAt: 10, addsAt: [100, 2_000, 9_990], adds: 5_000 },
  { name: "and floods", saysAt: 10, addsAt: [20, 30, 40], adds: 700_000 },
  { name: "and ends", saysAt: 10, addsAt: [], adds: 0, leaves: { at: 4_321, how: "eof" } },
  { name: "and ends at once", saysAt: 10, addsAt: [], adds: 0, leaves: { at: 11, how: "eof" } },
  { name: "talks, and ends", saysAt: 10, addsAt: [500], adds: 100, leaves: { at: 600, how: "eof" } },
  { name: "and breaks off", saysAt: 10, addsAt: [20], adds: 1, leaves: { at: 700, how: "reset" } },
];

/** Everything that can be seen from outside, with its time. */
function observe(stranger: Stranger, course: Course, stealth = true): string[] {
  const clock = { now: 1_000 };
  const options = { now: () => clock.now, stealth, ...stranger.server };
  const server = new Actor(testServer(options), {
    dh: (channel, { keyHolder, publicKey }) => {
      try {
        return channel.dhDone(keyHolder, keyHolder.dh(publicKey) as Uint8Array | undefined);
      } catch (error) {
        return channel.dhFailed(keyHolder, error);
      }
    },
  });
  if (stranger.busy) server.do(server.channel.refuse("busy"));
  const seen: string[] = [];
  let told = server.outputs.length;
  const note = () => {
    for (const output of server.outputs.slice(told)) {
      if (output.type === "transmit") seen.push(`${clock.now}: ${output.bytes.length} bytes`);
      if (output.type === "endTransport") seen.push(`${clock.now}: half-closes`);
      if (output.type === "closeTransport") seen.push(`${clock.now}: closes`);
    }
    told = server.outputs.length;
  };
  const events: [number, () => void][] = [
    [course.saysAt, () => stranger.says.length > 0 && server.receive(stranger.says)],
    ...course.addsAt.map((at): [number, () => void] => [at, () => server.receive(pattern(course.adds, at))]),
  ];
  if (course.leaves !== undefined) {
    const { at, how } = course.leaves;
    const leave = () =>
      how === "eof" ? server.channel.transportEnded() : server.channel.transportFailed(new Error("reset"));
    events.push([at, () => server.do(leave())]);
  }
  events.sort(([a], [b]) => a - b);
  for (let time = 0; time <= 12_000; ) {
    clock.now = 1_000 + time;
    server.do(server.channel.tick());
    while (!server.has("closeTransport") && events[0]?.[0] === time) events.shift()?.[1]();
    note();
    if (server.has("closeTransport")) break;
    seen.push(`${clock.now}: ${server.channel.reading ? "reads" : "does not read"}`);
    const next = [events[0]?.[0] ?? 12_001, (server.channel.deadline ?? 99_999) - 1_000].filter(
      (at) => at > time,
    );
    time = Math.min(...next, 12_001);
  }
  server.check();
  // Only the transitions are visible, not at which instants somebody looked.
  return seen.filter(
    (line, i) => line.slice(line.indexOf(":")) !== seen[i - 1]?.slice(seen[i - 1]?.indexOf(":")),
  );
}

describe.each(courses)("a stranger that says something $name", (course) => {
  const closesAt = 1_000 + (course.leaves?.at ?? 10_000);

  it.each(strangers)("RT-020 RT-021 RT-022: and $name, sees what all see", (stranger) => {
    const seen = observe(stranger, course);
    expect(seen).toEqual([expect.stringMatching(/: reads$/), `${closesAt}: closes`]);
  });
});

describe("without stealth", () => {
  it("HS-008 HS-009 RT-011: the same strangers are told apart, so that there is something to hide", () => {
    const [course] = courses;
    if (course === undefined) throw new Error("there is a course");
    const views = new Set(strangers.map((stranger) => observe(stranger, course, false).join("; ")));
    expect(views.size).toBeGreaterThan(4);
  });
});

describe("a stealthy server", () => {
  it("RT-023: answers who knows the via key, whatever the answer", () => {
    const answer = (says: Uint8Array, options: Partial<ServerOptions>, before?: "busy") => {
      const server = new Actor(testServer({ stealth: true, ...options }), {
        route: (channel) => channel.refuse("no_route"),
      });
      if (before) server.do(server.channel.refuse(before));
      server.receive(says);
      return [server.channel.state, joined(server.wire).length];
    };
    expect(answer(known, {})).toEqual(["AwaitResponse", 98]);
    expect(answer(known, {}, "busy")).toEqual(["Draining", 98]);
    expect(answer(known, { application: false })).toEqual(["Draining", 98]);
    const elsewhere = hello({ serverKey: otherKey.publicKey, via: serverKey.publicKey });
    expect(answer(elsewhere, {})).toEqual(["Draining", 98]);
    expect(answer(elsewhere, { routes: true })).toEqual(["Draining", 98]);
  });

  it("RT-021 ST-007: still tells its own application why it hides, once", () => {
    const codes = strangers.slice(3).map((stranger) => {
      const server = new Actor(testServer({ stealth: true, ...stranger.server }), {
        dh: (channel, { keyHolder, publicKey }) => {
          try {
            return channel.dhDone(keyHolder, keyHolder.dh(publicKey) as Uint8Array | undefined);
          } catch (error) {
            return channel.dhFailed(keyHolder, error);
          }
        },
      });
      server.receive(stranger.says);
      expect(server.channel.state, stranger.name).toBe("Hiding");
      expect(outputTypes(server.outputs).filter((type) => type === "failed")).toHaveLength(1);
      return server.channel.failure?.code;
    });
    expect(new Set(codes)).toEqual(
      new Set(["not_hawser", "unsupported_header", "zero_dh", "route_unopened", "key_holder_failed"]),
    );
  });

  it("SC-033 LM-003: keeps nothing of what a hidden connection sends", () => {
    const server = new Actor(testServer({ stealth: true }));
    server.receive(utf8("GET / HTTP/1.1\r\n"));
    for (let i = 0; i < 40; i++) {
      expect(server.channel.receive(pattern(100_000, i))).toEqual([]);
      expect(server.channel.reading).toBe(true);
    }
    expect(server.channel.state).toBe("Hiding");
  });
});
