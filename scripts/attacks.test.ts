/** Why: a page that says what stops an attack is believed, so it must name tests that are there, and be what the register is. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { page, readRegister, render, stringsOf } from "./attacks.ts";
import { root } from "./spec.ts";
import { prefixes, requirements } from "./spec-requirements.ts";

const register = readRegister();
const attacks = register.sections.flatMap((section) => section.attacks);

describe("the register of attacks", () => {
  it("has the two published designs and more than fifty others, each once", () => {
    expect(attacks.length).toBeGreaterThan(60);
    const names = attacks.map(({ attack }) => attack);
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
  });

  it("names a test of its own for each, which is there", () => {
    const tests = attacks.map(({ test }) => `${test.file}: ${test.title}`);
    expect(tests.filter((test, i) => tests.indexOf(test) !== i)).toEqual([]);
    const strings = new Map(attacks.map(({ test }) => [test.file, stringsOf(test.file)]));
    const missing = attacks.filter(({ test }) => !strings.get(test.file)?.has(test.title));
    expect(missing.map(({ test }) => test.title)).toEqual([]);
  });

  it("cites requirements and code that are there", () => {
    const known = new Set(
      Object.values(prefixes).flatMap((name) =>
        requirements(readFileSync(join(root, "spec", name), "utf8")).map(({ id }) => id),
      ),
    );
    expect(attacks.flatMap((one) => one.requirements).filter((id) => !known.has(id))).toEqual([]);
    expect(
      attacks.filter((one) => one.requirements.length === 0 || !existsSync(join(root, one.code))),
    ).toEqual([]);
  });

  it("can take each defence out that no test shows the absence of: its line is there, once", () => {
    const stale = attacks.filter(({ code, without }) => {
      if (without === "shown") return false;
      return readFileSync(join(root, code), "utf8").split(without.find).length !== 2;
    });
    expect(stale.map(({ attack }) => attack)).toEqual([]);
  });

  it("is the page (npx tsx scripts/attacks.ts)", () => {
    expect(readFileSync(join(root, page), "utf8")).toBe(render(register));
  });
});
