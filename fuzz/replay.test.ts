import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { primitives } from "./support/primitives.ts";
import { countAll } from "./support/reachable.ts";

// Every input that a fuzzer once found worth keeping, or that broke something, runs with every test run. The memory that is
// kept is counted for each of them.
countAll();

const here = import.meta.dirname;
const corpus = join(here, "corpus");
const targets = readdirSync(here)
  .filter((name) => name.endsWith(".fuzz.ts"))
  .map((name) => name.slice(0, -".fuzz.ts".length));

/** What libFuzzer calls an input: the SHA-1 of its bytes. What has another name tells what it is for. */
const isGrown = (name: string) => /^[0-9a-f]{40}$/.test(name);

it("every corpus and every dictionary belongs to a target", () => {
  const dictionaries = readdirSync(join(here, "dictionaries")).map((name) => name.replace(/\.dict$/, ""));
  expect(targets.length).toBeGreaterThan(0);
  expect(targets.toSorted()).toEqual(readdirSync(corpus).toSorted());
  expect(targets).toEqual(expect.arrayContaining(dictionaries));
});

describe.each(targets)("corpus of %s", async (target) => {
  const module: Record<string, unknown> = await import(`./${target}.fuzz.ts`);
  const inputs = readdirSync(join(corpus, target));

  function replay(name: string): void {
    const { fuzz } = module;
    if (typeof fuzz !== "function") throw new TypeError(`${target}.fuzz.ts exports no function named fuzz`);
    try {
      fuzz(new Uint8Array(readFileSync(join(corpus, target, name))));
    } catch (cause) {
      throw new Error(`${target}: npm run fuzz:repro -- fuzz/corpus/${target}/${name}`, { cause });
    }
  }

  it("has lengths, short and long", () => {
    const { usual, longest } = module["lengths"] as Record<string, number>;
    expect(usual).toBeGreaterThan(0);
    expect(longest).toBeGreaterThan(usual ?? 0);
  });

  it("what a fuzzer has grown", () => {
    const grown = inputs.filter(isGrown);
    expect(grown).not.toEqual([]);
    for (const name of grown) replay(name);
  });

  // A way that nobody takes is not fuzzed. Of the providers, the native one alone has this one.
  const { openLong } = primitives;
  if (openLong !== undefined && ["records", "channel"].includes(target)) {
    it("has records that are opened as long ones are", () => {
      let opened = 0;
      const counting = (...given: Parameters<typeof openLong.open>) => {
        opened++;
        return openLong.open(...given);
      };
      Object.assign(primitives, { openLong: { from: openLong.from, open: counting } });
      try {
        for (const name of inputs) replay(name);
      } finally {
        Object.assign(primitives, { openLong });
      }
      expect(opened).toBeGreaterThan(10);
    });
  }

  const named = inputs.filter((name) => !isGrown(name));
  if (named.length > 0) it.each(named)("%s", replay);
});
