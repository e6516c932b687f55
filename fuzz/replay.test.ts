import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

// Every input that a fuzzer once found worth keeping, or that broke something, runs with every test run.

const here = import.meta.dirname;
const corpus = join(here, "corpus");
const targets = readdirSync(here)
  .filter((name) => name.endsWith(".fuzz.ts"))
  .map((name) => name.slice(0, -".fuzz.ts".length));

it("every corpus belongs to a target", () => {
  expect(targets.length).toBeGreaterThan(0);
  expect(targets).toEqual(expect.arrayContaining(readdirSync(corpus)));
});

describe.each(targets)("corpus of %s", async (target) => {
  const module: Record<string, unknown> = await import(`./${target}.fuzz.ts`);
  const fuzz = module["fuzz"];
  const inputs = existsSync(join(corpus, target)) ? readdirSync(join(corpus, target)) : [];

  it("has a target function and inputs", () => {
    expect(fuzz).toBeTypeOf("function");
    expect(inputs).not.toEqual([]);
  });

  it.each(inputs)("%s", async (name) => {
    if (typeof fuzz !== "function") throw new TypeError(`${target}.fuzz.ts exports no function named fuzz`);
    await fuzz(new Uint8Array(readFileSync(join(corpus, target, name))));
  });
});
