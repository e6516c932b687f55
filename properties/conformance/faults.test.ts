/** Why: a fault that is no longer planted shows nothing of the runner that does not catch it. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { cases } from "../../src/conformance/cases/index.ts";
import { buildShim, planted } from "./build.ts";
import { faults, fits } from "./faults.ts";

// Below the project, where the packages that a shim loads are found.
const folder = mkdtempSync(join(import.meta.dirname, "..", "..", "node_modules", ".conformance-faults-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("faults of the conformance shim", () => {
  it("there are at least 12, each with a name of its own", () => {
    expect(faults.length).toBeGreaterThanOrEqual(12);
    expect(new Set(faults.map(({ id }) => id)).size).toBe(faults.length);
  });

  it.each(faults)("$id can be planted, and the shim starts", async (fault) => {
    expect(planted(fault)).not.toBe(planted({ ...fault, to: fault.from }));
    const program = join(folder, `${fault.id}.mjs`);
    await buildShim(fault, program);
    // A flag that no shim knows is answered by 89, whatever else is wrong with it (CF-004).
    const { status, stdout } = spawnSync(process.execPath, [program, "--no-such-flag"], { encoding: "utf8" });
    expect(stdout).toContain('"event":"done","code":89');
    expect(status).toBe(89);
  });

  it.each(faults)("$id is to be caught by cases that there are, of its own requirements", (fault) => {
    for (const pattern of fault.caughtBy) {
      const meant = cases.filter(({ id }) => fits(pattern, id));
      expect(
        meant.map(({ id }) => id),
        pattern,
      ).not.toEqual([]);
      for (const { id, requirements } of meant)
        expect(
          requirements.some((one) => fault.requirements.includes(one)),
          id,
        ).toBe(true);
    }
  });

  it("a fault whose text is not there, or more than once, can't be planted", () => {
    const fault = {
      ...faults[0],
      id: "none",
      file: "protocol/bytes.ts",
      to: "",
      requirements: [],
      caughtBy: [],
    };
    expect(() => planted({ ...fault, from: "no such text" })).toThrow("stands 0 times");
    expect(() => planted({ ...fault, from: "export function" })).toThrow(/stands \d\d? times/);
  });
});
