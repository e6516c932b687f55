/**
 * Why: a key and a nonce that seal two plaintexts give both away, and with them the key that authenticates. So every
 * use of every key is written down, of both ends and of several sessions, whatever happens to them: over a rekey, at
 * the end of the counters, and for the keys that are good for one message alone.
 */
import { fc, test } from "@fast-check/vitest";
import { afterEach, describe, expect, it, vi } from "vitest";
import { CipherState } from "../src/protocol/noise/cipher-state.ts";
import { SymmetricState } from "../src/protocol/noise/symmetric-state.ts";
import { primitives, seededBytes, serverKey, testClient, testKey, testServer } from "./model/pair.ts";
import { Ledger, lastCounter, rekeyCounter, type Sealing } from "./model/sealings.ts";
import { type Step, type StepName, Walk } from "./model/walk.ts";
import { runs, runsFactor } from "./seed.ts";

/** Where the counters of both directions begin: near a rekey, near the end, at the beginning. */
const firstNonces = fc.constantFrom(
  { client: 65_530n, server: 65_528n },
  { client: 65_535n, server: 131_070n },
  { client: lastCounter - 8n, server: lastCounter - 3n },
  { client: lastCounter - 1n, server: lastCounter },
  { client: lastCounter, server: 65_536n },
  { client: 0n, server: 0n },
);

const worlds = fc.record({
  firstNonces,
  firstUse: fc.boolean(),
  asksFor: fc.constantFrom("server", "server", "server", "other"),
  routes: fc.boolean(),
  liveness: fc.boolean(),
  recordSize: fc.constantFrom(20, 65_516),
  begun: fc.constantFrom(0, 4, 9, 9, 9),
});
type World = typeof worlds extends fc.Arbitrary<infer T> ? T : never;

const stepsOf = (...names: readonly StepName[]): fc.Arbitrary<Step> =>
  fc.record({ step: fc.constantFrom(...names), at: fc.constantFrom("client", "server"), n: fc.nat(300) });
const steps = fc.array(
  fc.oneof(
    { weight: 12, arbitrary: stepsOf("write", "ping", "deliverAll", "advance", "flushed") },
    { weight: 2, arbitrary: stepsOf("close", "alert", "moment", "deadline", "accept", "answer", "trust") },
    { weight: 1, arbitrary: stepsOf("flip", "double", "refuse", "reset", "endOfFile", "makeUp", "reject") },
  ),
  { minLength: 10, maxLength: 60, size: "max" },
);

function newWalk(world: World, ledger: Ledger): Walk {
  const clock = { now: 0 };
  const { firstUse, asksFor, routes, liveness, recordSize } = world;
  const common = {
    clock,
    firstNonces: world.firstNonces,
    recordSize,
    ...(liveness ? { liveness: { pingAfter: 500, timeout: 90_000 } } : {}),
  };
  const expected = { serverKey: testKey(asksFor).publicKey, via: serverKey.publicKey };
  const of = (role: string) => ({ ...common, primitives: ledger.recording(role, primitives) });
  const client = testClient({ ...of("client"), firstUse, ...(firstUse ? {} : expected) });
  return new Walk(client, testServer({ ...of("server"), routes }), clock);
}

function live(world: World, taken: readonly Step[]): Ledger {
  const ledger = new Ledger();
  const walk = newWalk(world, ledger);
  // No client gets near the end of its counters by early data, which is bounded: there it is open from the start.
  const begun = world.firstNonces.client > 2n ** 63n ? 12 : world.begun;
  for (let i = 0; i < begun; i++) walk.take({ step: "advance", at: "client", n: 0 });
  for (const step of taken) walk.take(step);
  walk.settle();
  return ledger;
}

/** Alert and Close. */
const mayBeLast = (plaintext: Uint8Array) => plaintext[0] === 1 || plaintext[0] === 3;
const isZeros = (plaintext: Uint8Array) => plaintext.length === 32 && plaintext.every((byte) => byte === 0);

/** What must be true of all that was sealed. */
function faults(ledger: Ledger): string[] {
  const found = ledger.repeated.map((pair) => `twice: ${pair}`);
  for (const { counter, plaintext } of ledger.sealings) {
    if (counter === rekeyCounter && !isZeros(plaintext)) found.push("RC-007: a record with 2^64 - 1");
    if (counter === lastCounter && !mayBeLast(plaintext))
      found.push(`RC-006: type ${plaintext[0]} with 2^64 - 2`);
  }
  for (const [key, counters] of ledger.countersByKey) {
    if (counters.some((counter, i) => i > 0 && counter !== (counters[i - 1] ?? 0n) + 1n))
      found.push(`RC-004: ${key} counts ${counters.join(" ")}`);
  }
  return found;
}

/** How often each thing was seen that these runs are about. */
const seen = { sealings: 0, rekeys: 0, lastCounter: 0, verdicts: 0, runs: 0 };

function note({ sealings }: Ledger): void {
  const count = (is: (sealing: Sealing) => boolean) => sealings.filter(is).length;
  seen.runs++;
  seen.sealings += sealings.length;
  seen.rekeys += count(({ counter }) => counter === rekeyCounter);
  seen.lastCounter += count(({ counter }) => counter === lastCounter);
  seen.verdicts += count(({ counter, plaintext }) => counter === 0n && plaintext.length % 256 === 0);
}

describe("a key and a nonce", () => {
  test.prop([worlds, steps], { numRuns: runs(400) })(
    "RC-003 RC-004 RC-005 RC-006 RC-007 HS-093: seal once in any life of two channels",
    (world, taken) => {
      const ledger = live(world, taken);
      note(ledger);
      expect(faults(ledger)).toEqual([]);
    },
  );

  it("were seen often enough where it matters", () => {
    console.log(JSON.stringify(seen));
    if (runsFactor < 1) return;
    expect(seen.sealings).toBeGreaterThan(5_000);
    expect(seen.rekeys).toBeGreaterThan(100);
    expect(seen.lastCounter).toBeGreaterThan(50);
    expect(seen.verdicts).toBeGreaterThan(200);
  });

  it("HS-004: seal once over sessions, of which one begins with the other's Hello", () => {
    const ledger = twice((session) => seededBytes(`server of session ${session}`));
    // The route; for each session the server's key, the code and the Verdict.
    expect(ledger.sealings).toHaveLength(1 + 2 * 3);
    expect(faults(ledger)).toEqual([]);
  });
});

/** A client's Hello that comes to a server a second time. */
function twice(randomOf: (session: number) => (length: number) => Uint8Array): Ledger {
  const ledger = new Ledger();
  const client = testClient({ primitives: ledger.recording("client", primitives) });
  const hello = client.start().flatMap((output) => (output.type === "transmit" ? [output.bytes] : []));
  for (const session of [1, 2]) {
    const server = testServer({
      primitives: ledger.recording(`server ${session}`, primitives),
      randomBytes: randomOf(session),
    });
    const asked = server.receive(hello[0] ?? new Uint8Array(0)).find((output) => output.type === "dh");
    if (asked?.type !== "dh") throw new Error("a Hello is answered");
    server.dhDone(asked.keyHolder, serverKey.dh(asked.publicKey) as Uint8Array);
    // The verdict key is good for one record.
    server.alert("cancelled", `session ${session}`);
  }
  return ledger;
}

describe("the suite finds", () => {
  afterEach(() => vi.restoreAllMocks());

  const finds = (what: RegExp): boolean => {
    const lives = fc.property(worlds, steps, (world, taken) => {
      let found: string[] = [];
      try {
        found = faults(live(world, taken));
      } catch {
        // What else is wrong with such a channel is the business of other suites.
      }
      return !found.some((fault) => what.test(fault));
    });
    return fc.check(lives, { numRuns: runs(100), endOnFailure: true }).failed;
  };

  it("a counter that is not counted up now and then", () => {
    const { encryptWithAd } = CipherState.prototype;
    let sealed = 0;
    vi.spyOn(CipherState.prototype, "encryptWithAd").mockImplementation(function (
      this: CipherState,
      ...args
    ) {
      const sealing = encryptWithAd.apply(this, args);
      if (++sealed % 9 === 0 && this.nonce > 10n) this.setNonce(this.nonce - 1n);
      return sealing;
    });
    expect(finds(/^twice/)).toBe(true);
  });

  it("one key for both directions", () => {
    const { split } = SymmetricState.prototype;
    vi.spyOn(SymmetricState.prototype, "split").mockImplementation(function (this: SymmetricState) {
      const [first] = split.apply(this);
      const [again] = split.apply(this);
      return [first, again];
    });
    expect(finds(/^twice/)).toBe(true);
  });

  it("a rekey that starts the counter afresh and keeps the key", () => {
    vi.spyOn(CipherState.prototype, "rekey").mockImplementation(function (this: CipherState) {
      this.setNonce(this.nonce - 3n);
    });
    expect(finds(/^twice|^RC-004/)).toBe(true);
  });

  it("a server whose ephemeral keys are always the same", () => {
    const ledger = twice(() => seededBytes("the same server"));
    expect(faults(ledger).length).toBeGreaterThan(0);
  });
});
