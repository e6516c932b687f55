import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Fault, faults } from "./faults.ts";

// The faults that the self-test plants, held to the sources that they change.

const root = join(import.meta.dirname, "..");
const source = ({ file }: Fault) => readFileSync(join(root, "src", file), "utf8");

describe("planted faults", () => {
  it.each(faults)("$name can be planted", (fault) => {
    expect(source(fault).split(fault.find)).toHaveLength(2);
    expect(fault.replace).not.toBe(fault.find);
    expect(existsSync(join(root, "fuzz", `${fault.target}.fuzz.ts`))).toBe(true);
  });

  it("every target has one to find, and each has a name of its own", () => {
    const targets = readdirSync(join(root, "fuzz")).flatMap(
      (name) => /^(.*)\.fuzz\.ts$/.exec(name)?.[1] ?? [],
    );
    expect([...new Set(faults.map(({ target }) => target))].toSorted()).toEqual(targets.toSorted());
    expect(new Set(faults.map(({ name }) => name)).size).toBe(faults.length);
  });
});
