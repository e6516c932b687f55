/** Why: a runner that takes a broken shim for a good one is worse than none. */
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { cases } from "../cases/index.ts";
import { chosen, parseSkips, type Skips } from "./choose.ts";
import type { Result } from "./lane.ts";
import { runCases } from "./run.ts";

const folder = mkdtempSync(join(tmpdir(), "hawser-conformance-"));

/** Plays cases with a shim of a few lines, for each of which `body` is run: it has `flags`, `port` and `print`. */
async function against(body: string, ids: readonly string[], skips: Skips = new Map()) {
  const file = join(folder, `${Math.abs(hash(body))}.cjs`);
  writeFileSync(
    file,
    `const net = require("node:net");
     const print = (line) => process.stdout.write(JSON.stringify(line) + "\\n");
     const none = { length: 0, sha256: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" };
     require("node:readline").createInterface({ input: process.stdin }).on("line", (line) => {
       const flags = line.split(" ");
       const port = Number(flags.find((one) => one.startsWith("--port=")).slice(7));
       ${body}
     });`,
  );
  const run = await runCases({
    command: `"${process.execPath}" "${file}"`,
    cases: cases.filter(({ id }) => ids.includes(id)),
    skips,
    lanes: 1,
    patience: 500,
    signal: new AbortController().signal,
  });
  return run.results;
}

function hash(text: string): number {
  let value = 0;
  for (const character of text) value = (Math.imul(value, 31) + character.charCodeAt(0)) | 0;
  return value;
}

const obligatory = "server/open/type-6";
const optional = "server/await-hello/middlebox-route-names-itself";
const untouched = "server/await-hello/eof-at-no-byte";
/** Good at one thing: a connection that says nothing. */
const good = `const socket = net.connect(port, "127.0.0.1").resume().on("close", () => {
  print({ event: "closed" });
  print({ event: "done", code: 0, ...none });
});`;

const only = (results: readonly Result[]): Result => {
  expect(results).toHaveLength(1);
  return results[0] as Result;
};

describe("CF-013: a shim", () => {
  it("that does what it should passes, in both grades", async () => {
    expect(only(await against(good, [untouched]))).toMatchObject({
      outcome: "passed",
      behaviour: true,
      close: true,
      faults: [],
    });
  });

  it("that hangs fails its case, and the next one gets another", async () => {
    const hangs = `if (globalThis.hung) process.exit(7); globalThis.hung = true; net.connect(port, "127.0.0.1");`;
    const results = await against(hangs, [untouched, obligatory]);
    expect(results.map(({ outcome }) => outcome)).toEqual(["failed", "failed"]);
    for (const { faults } of results)
      expect(faults.map(({ got }) => got).join()).not.toContain("exit code 7");
  });

  it("that never connects fails", async () => {
    const { outcome, faults } = only(await against("", [untouched]));
    expect(outcome).toBe("failed");
    expect(faults[0]?.expected).toContain("CF-0");
  });

  it.each([
    ["is no JSON", `process.stdout.write("hello\\n");`],
    ["is no event", `print({ event: "hello" });`],
    ["has a member too many", `print({ event: "closed", why: 1 });`],
    ["lacks one", `print({ event: "alert", code: 5 });`],
  ])("CF-010: that prints what %s fails", async (_, prints) => {
    const { outcome, faults, behaviour } = only(await against(`${prints} ${good}`, [untouched]));
    expect([outcome, behaviour]).toEqual(["failed", false]);
    expect(faults[0]?.expected).toContain("CF-010");
  });

  it("that ends in the middle fails, and how it ended is told", async () => {
    const dies = `net.connect(port, "127.0.0.1", () => { console.error("out of ideas"); process.exit(3); });`;
    const { outcome, faults, transcript } = only(await against(dies, [untouched]));
    expect(outcome).toBe("failed");
    expect(faults.map(({ got }) => got).join()).toContain("exit code 3");
    expect(transcript.join()).toContain("out of ideas");
  });

  it("CF-004: that answers 89 is not supported, never passed, and only where it may", async () => {
    const declines = `print({ event: "done", code: 89, ...none });`;
    const results = await against(declines, [obligatory, optional]);
    const outcomes = Object.fromEntries(results.map(({ case: one, outcome }) => [one.id, outcome]));
    expect(outcomes).toEqual({ [obligatory]: "failed", [optional]: "unsupported" });
  });

  it("CF-003: that connects twice fails", async () => {
    const { outcome, faults } = only(
      await against(`net.connect(port, "127.0.0.1").on("connect", () => { ${good} });`, [untouched]),
    );
    expect(outcome).toBe("failed");
    expect(faults.length).toBeGreaterThan(0);
  });

  it("that is right in what it says and wrong in its end is graded so", async () => {
    const early = `net.connect(port, "127.0.0.1", () => {
      print({ event: "failed", kind: "timeout", code: null });
      setTimeout(() => print({ event: "done", code: 1, ...none }), 700);
    });`;
    const result = only(await against(early, ["server/await-hello/timeout-after-0-bytes"]));
    expect(result).toMatchObject({ outcome: "failed", close: false });
  });
});

describe("what is played", () => {
  it("is what the filters name, by identifier, its beginning, or requirement", () => {
    expect(chosen(cases, "both", [obligatory]).map(({ id }) => id)).toEqual([obligatory]);
    expect(chosen(cases, "client", [obligatory])).toEqual([]);
    const beginning = chosen(cases, "both", ["server/hiding"]);
    expect(beginning.length).toBeGreaterThan(5);
    expect(beginning.every(({ id }) => id.startsWith("server/hiding/"))).toBe(true);
    const required = chosen(cases, "both", ["RC-014"]);
    expect(required.length).toBeGreaterThan(0);
    expect(required.every(({ requirements }) => requirements.includes("RC-014"))).toBe(true);
    expect(chosen(cases, "both", [])).toHaveLength(cases.length);
  });

  it("is not what is skipped, which has a reason and is no pass", async () => {
    const skips = parseSkips(`# known\n\n${obligatory} not before May\n`, cases);
    expect(only(await against("process.exit(1)", [obligatory], skips))).toMatchObject({
      outcome: "skipped",
      reason: "not before May",
    });
    expect(() => parseSkips(`${obligatory}\n`, cases)).toThrow(/line 1 .* no reason/);
    expect(() => parseSkips("\nserver/nowhere because\n", cases)).toThrow(/line 2 .* names no case/);
  });
});
