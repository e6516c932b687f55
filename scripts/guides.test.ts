/** Why: a guide's program is copied before its text is read, so it has to run, and to print what the guide says. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { faults } from "./compile-blocks.ts";
import { blocks, runText } from "./run-program.ts";

const folder = "docs/guides";
const root = join(import.meta.dirname, "..");
const guides = readdirSync(join(root, folder)).filter((name) => name.endsWith(".md"));

/** The programs of each guide: every block of JavaScript is a whole one, and a block of text after it is what it prints. */
const programs: Readonly<Record<string, number>> = {
  "deadlines.md": 2,
  "diagnostics.md": 1,
  "driver.md": 1,
  "errors.md": 1,
  "first-contact.md": 1,
  "from-node-tls.md": 1,
  "keys.md": 1,
  "other-streams.md": 3,
};

describe("the guides", () => {
  it("have as many programs as are run here", () => {
    const counts = guides.map((name) => [name, blocks(`${folder}/${name}`, "js").length] as const);
    expect(Object.fromEntries(counts.filter(([, count]) => count > 0))).toEqual(programs);
  });

  it.each(Object.keys(programs))("%s has programs that run and print what it says", async (name) => {
    const printed = blocks(`${folder}/${name}`, "text");
    const codes = blocks(`${folder}/${name}`, "js");
    expect(printed.length).toBe(codes.length);
    for (const [index, code] of codes.entries()) {
      expect(await runText(code)).toEqual({ stdout: printed[index], stderr: "" });
    }
  });

  it.each(guides)("%s has pieces of code that compile as they stand", (name) => {
    expect(faults(blocks(`${folder}/${name}`, "ts"))).toEqual([]);
  });
});

describe("docs/guides/driver.md", () => {
  const [program = ""] = blocks("docs/guides/driver.md", "js");

  it("tells a client that is no friend so, instead of opening", async () => {
    const friends = "const friends = [keys.client.publicKey];";
    expect(program).toContain(friends);
    const common = "const common = { primitives,";
    expect(program).toContain(common);
    const { stdout, stderr } = await runText(
      program.replace(friends, "const friends = [];").replace(common, `${common} drain: { timeout: 100 },`), // Node 20's duplexPair tells no end of a close
    );
    expect(stdout).toMatch(/^server: a stranger who wants to chat$/m);
    expect(stdout).toMatch(/^alert 3: I don't know you$/m);
    expect(stdout).not.toContain("client: open");
    expect(stderr).toBe("");
  });
});

describe("docs/guides/diagnostics.md", () => {
  const source = readFileSync(join(root, "src", "net", "diagnostics.ts"), "utf8");

  /** The properties of a channel's message, as its type has them. */
  function properties(name: string): string {
    const [, type = ""] =
      new RegExp(`readonly "${name}": (.*?);\\n(?=  readonly "|  /\\*\\*|})`, "s").exec(source) ?? [];
    const own = [...type.matchAll(/readonly (\w+):/g)].map(([, property]) => property);
    const connection = type.includes("OfConnection") ? ["connection"] : [];
    const alert = type.includes("AlertMessage") ? ["alert", "name"] : [];
    return [...connection, ...alert, ...own].map((property) => `\`${property}\``).join(", ");
  }

  it("lists the channels, when they tell something, and what, as the code does", () => {
    const guide = readFileSync(join(root, folder, "diagnostics.md"), "utf8");
    const listed = [...guide.matchAll(/^\| `(hawser:\S+)` \| (.*?) \| (.*) \|$/gm)];
    const coded = [...source.matchAll(/^ \* \| `(hawser:\S+)` \| (.*) \|$/gm)];
    expect(coded.length).toBeGreaterThan(10);
    expect(listed.map(([, name, when, message]) => [name, when, message?.replace(" in ms", "")])).toEqual(
      coded.map(([, name = "", when]) => [name, when, properties(name)]),
    );
  });
});
