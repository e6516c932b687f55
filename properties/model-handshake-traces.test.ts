/**
 * Why: the model finds attacks on wrong versions of the handshake among symbols. Here each of them is run on real
 * bytes, step by step. On the wrong version it succeeds, so the model speaks of something that exists; on the
 * implementation it fails, and the table says where. So an implementation that has become one of the wrong versions
 * does not pass.
 */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import ablations from "../spec/model/handshake/ablations.json" with { type: "json" };
import type { Switches } from "./handshake-traces/ablated.ts";
import { keyPair, twin } from "./handshake-traces/keys.ts";
import { attackerOf, type Outcome, run, type Version } from "./handshake-traces/run.ts";
import { type Trace, traces } from "./handshake-traces/trace.ts";
import { copyWith, implementation, mutants, whole } from "./handshake-traces/versions.ts";
import { equal } from "./reference/primitives.ts";

/** On the implementation: the first step (from 1) that an end doesn't do, which end that is, and where it is instead. */
const fails: Readonly<Record<string, readonly [step: number, end: string, phase: string]>> = {
  "code-from-any-key.verdictForged": [3, "client 1", "failed(server_key_mismatch)"],
  "header-unbound.headerChanged": [3, "server 3", "failed(unsupported_header)"],
  "no-comparison.clientShown": [3, "client 1", "failed(server_key_mismatch)"],
  "no-comparison.serverImpersonated": [3, "client 1", "failed(server_key_mismatch)"],
  "no-comparison.transportKeysKnown": [3, "client 1", "failed(server_key_mismatch)"],
  "no-comparison.verdictForged": [3, "client 1", "failed(server_key_mismatch)"],
  "no-es.clientShown": [3, "client 1", "failed(bad_challenge)"],
  "no-es.pastKeysKnown": [3, "client 1", "failed(bad_challenge)"],
  "no-es.serverImpersonated": [3, "client 1", "failed(bad_challenge)"],
  "no-es.transportKeysKnown": [3, "client 1", "failed(bad_challenge)"],
  "no-es.verdictForged": [3, "client 1", "failed(bad_challenge)"],
  "no-mix-e-client.disagreement": [5, "client 1", "failed(bad_challenge)"],
  "no-mix-e-server.disagreement": [5, "client 1", "failed(bad_challenge)"],
  "no-mix-route.disagreement": [5, "client 1", "failed(bad_challenge)"],
  "no-se.pastKeysKnown": [5, "server 3", "failed(bad_response)"],
  "route-own-ephemeral-mixed.serverShown": [3, "server 3", "failed(route_unopened)"],
  "route-own-ephemeral-mixed.stealthBroken": [5, "server 4", "failed(route_unopened)"],
  "route-own-ephemeral.disagreement": [5, "client 1", "failed(bad_challenge)"],
  "route-own-ephemeral.serverShown": [3, "server 3", "failed(route_unopened)"],
  "route-own-ephemeral.stealthBroken": [5, "server 4", "failed(route_unopened)"],
};

/** All steps can be taken, and yet nothing is gained: with the last one, an end is elsewhere… */
const failsAtTheEnd: Readonly<Record<string, readonly [end: string, phase: string]>> = {
  "no-se.clientImpersonated": ["server 3", "failed(bad_response)"],
  "no-se.transportKeysKnown": ["server 3", "failed(bad_response)"],
  "open-verdict.verdictForged": ["client 1", "failed(bad_record)"],
};

/** … or all are where the trace has them, and the attacker can't read, or the route hasn't opened. */
const failsUnseen: readonly string[] = [
  "no-ee.pastKeysKnown",
  "no-ee.serverShown",
  "route-own-ephemeral-mixed.routeReused",
  "route-own-ephemeral.routeReused",
];

const ablated = (trace: Trace): Version => copyWith(trace.switches);

/** All steps taken, all ends where the model has them, the goal violated, and nothing in it guessed. */
function expectBreach(outcome: Outcome, trace: Trace): void {
  expect(outcome).toEqual({ stoppedAt: undefined, ends: trace.ends, breached: true, guesses: 0 });
}

describe("an attack of the model on a wrong version of the handshake", () => {
  it.each(traces)("$name succeeds on that version", (trace) => {
    expectBreach(run(trace, ablated(trace)), trace);
  });

  const mutated = traces.filter(({ ablation }) => ablation in mutants);

  it("can be had of the implementation itself for five of the versions", () => {
    expect(new Set(mutated.map(({ ablation }) => ablation))).toEqual(new Set(Object.keys(mutants)));
    expect(mutated).toHaveLength(14);
  });

  it.each(mutated)("$name succeeds on the implementation made wrong", (trace) => {
    const outcome = mutants[trace.ablation]?.((version) => run(trace, version));
    expectBreach(outcome as Outcome, trace);
  });

  it.each(traces)("$name fails on the implementation", (trace) => {
    const outcome = run(trace, implementation());
    expect(outcome.breached).toBe(false);
    const [step, end, phase] = fails[trace.name] ?? [undefined, ...(failsAtTheEnd[trace.name] ?? [])];
    expect(outcome.stoppedAt).toBe(step);
    if (end !== undefined && phase !== undefined) expect(outcome.ends[end]).toBe(phase);
    else expect(outcome.ends).toEqual(trace.ends);
  });

  it.each(traces)("$name fails on the copy with nothing left out", (trace) => {
    const outcome = run(trace, copyWith({}));
    expect(outcome.breached).toBe(false);
    // This server speaks the second header, so that the transcript alone is what tells.
    if (trace.goal === "headerChanged") expect(outcome.stoppedAt).toBe(5);
    else expect(outcome.stoppedAt).toBe(fails[trace.name]?.[0]);
  });

  it("fails in one of three ways, and each trace is listed once", () => {
    const listed = [...Object.keys(fails), ...Object.keys(failsAtTheEnd), ...failsUnseen];
    expect(listed.sort()).toEqual(traces.map(({ name }) => name));
  });
});

describe("a version that the model finds no attack on", () => {
  const harmless = ablations.ablations.filter(({ breaks }) => Object.keys(breaks).length === 0);

  it.each(harmless)("$name: none of the others' attacks succeeds on it", ({ switches }) => {
    const version = copyWith(switches as Partial<Switches>);
    const breached = traces.filter((trace) => run(trace, version).breached);
    expect(breached.map(({ name }) => name)).toEqual([]);
  });

  it("is each that lacks the MixHash of one ciphertext", () => {
    expect(harmless.map(({ name }) => name)).toEqual(["no-mix-key", "no-mix-code", "no-mix-identity"]);
  });
});

describe("the copy of the handshake that the attacks run on", () => {
  const cast = { name: "client 1", owner: "alice", wants: "sam" };
  const versions = { copy: copyWith({}), implementation: implementation() };

  it.each([
    ["copy", "implementation"],
    ["implementation", "copy"],
    ["implementation", "implementation"],
    ["copy", "copy"],
  ] as const)("speaks the protocol: client %s, server %s", (ofClient, ofServer) => {
    const client = versions[ofClient].client(cast);
    const server = versions[ofServer].server({ name: "server 3", owner: "sam" });
    client.start();
    server.receive("Hello", client.wire.get("Hello") as Uint8Array);
    client.receive("Challenge", server.wire.get("Challenge") as Uint8Array);
    server.receive("Response", client.wire.get("Response") as Uint8Array);
    server.accept();
    client.receive("Verdict", server.wire.get("Verdict") as Uint8Array);
    expect([client.phase, server.phase, server.routeOpened()]).toEqual(["open", "open", true]);
    expect(server.peerKey).toEqual(keyPair("alice").public);
  });

  it("sends byte by byte what the implementation sends, transport records included", () => {
    const sent = Object.values(versions).map((version) => {
      const client = version.client(cast);
      const server = version.server({ name: "server 3", owner: "sam" });
      client.start();
      server.receive("Hello", client.wire.get("Hello") as Uint8Array);
      client.receive("Challenge", server.wire.get("Challenge") as Uint8Array);
      server.receive("Response", client.wire.get("Response") as Uint8Array);
      server.accept();
      return [...client.wire.values(), server.wire.get("Verdict"), client.write("up"), server.write("down")];
    });
    expect(sent[0]).toEqual(sent[1]);
    expect(sent[0]).toHaveLength(6);
  });
});

describe("the attacker", () => {
  const sam = keyPair("sam").public;
  const hello = (() => {
    const client = copyWith({}).client({ name: "client 1", owner: "alice", wants: "sam" });
    client.start();
    return client.wire.get("Hello") as Uint8Array;
  })();
  const challengeAs = (key: string) =>
    ({ e: { ephemeral: "attacker" }, s: { key }, code: "ok", seal: { static: key } }) as const;

  it("names nobody whose key it was not told", () => {
    const attacker = attackerOf(whole, { knows: [], holds: ["m"] });
    attacker.see("client 1", "Hello", hello);
    expect(() => attacker.make("client 1", "Challenge", challengeAs("sam"))).toThrow(
      /does not know sam's key/,
    );
  });

  it("repeats nothing that it has not seen", () => {
    const attacker = attackerOf(whole, { knows: ["sam"], holds: ["m"] });
    const fields = { e: { ephemeral: "attacker" }, route: { replay: "client 1" } };
    expect(() => attacker.make("server 3", "Hello", fields)).toThrow(/has seen no Hello of client 1/);
  });

  it("can only guess where it has neither secret of a DH, and seals once it has one", () => {
    const attacker = attackerOf(whole, { knows: ["sam"], holds: ["m", "mallory"] });
    attacker.see("client 1", "Hello", hello);
    const guess = attacker.make("client 1", "Challenge", challengeAs("sam"));
    expect(attacker.guesses).toBe(1);
    attacker.make("client 1", "Challenge", challengeAs("mallory"));
    expect(attacker.guesses).toBe(1);
    attacker.learn(keyPair("sam"));
    expect(equal(attacker.make("client 1", "Challenge", challengeAs("sam")), guess)).toBe(false);
    expect(attacker.guesses).toBe(1);
  });

  it("knows a key in whatever encoding, and no other", () => {
    const attacker = attackerOf(whole, { knows: ["sam"], holds: [] });
    expect([attacker.knows(sam), attacker.knows(twin(sam)), attacker.holdsSecretOf(sam)]).toEqual([
      true,
      true,
      false,
    ]);
    expect(attacker.knows(keyPair("alice").public)).toBe(false);
  });

  it("can reach no honest end and no key pair but those it is handed", () => {
    const source = readFileSync(new URL("handshake-traces/attacker.ts", import.meta.url), "utf8");
    const imported = [...source.matchAll(/from "(.*)";/g)].map((match) => match[1]);
    expect(imported.filter((path) => /ends|goals|run|versions|src/.test(path ?? ""))).toEqual([]);
    expect(source).not.toMatch(/\bkeyPair\b|\bephemeralOf\b/);
  });
});
