/**
 * Why: a MUST that nothing implements or nothing tests is found by whoever it hurts, unless something looks. That a title
 * cites a requirement proves little; that none does, proves that nobody has thought of it.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { invariant, on, stays } from "../properties/model/invariants-rule.ts";
import { root } from "./spec.ts";
import {
  cellWords,
  forceOf,
  gaps,
  readExceptions,
  readSources,
  render,
  type Sources,
} from "./traceability.ts";
import { cellCitations, citedInCode, titles } from "./traceability-sources.ts";

const none = { code: {}, tests: {} };

/** Two requirements of one page, both of them implemented and tested. */
function sources(changes: Partial<Sources> = {}): Sources {
  const text = "# A page\n\n- **HS-001** It MUST sing.\n- **HS-002** It dances.\n";
  return {
    pages: new Map([["handshake.md", text]]),
    code: new Map([["HS-001", ["src/a.ts"]]]),
    cells: new Map(),
    tests: new Map([["HS-001", ["src/a.test.ts"]]]),
    vectors: new Map(),
    ...changes,
  };
}

describe("the requirements of spec/", () => {
  const all = readSources();

  it("are all known where they are cited, and each MUST is implemented and tested", () => {
    expect(gaps(all, readExceptions())).toEqual([]);
  });

  it("are in docs/traceability.md as they stand (npm run traceability)", () => {
    expect(readFileSync(join(root, "docs", "traceability.md"), "utf8")).toBe(render(all, readExceptions()));
  });

  it("have their exceptions: without them the same gaps are found", () => {
    const { code, tests } = readExceptions();
    expect(gaps(all, none)).toHaveLength(Object.keys(code).length + Object.keys(tests).length);
  });
});

describe("a gap is", () => {
  it("nothing where nothing is missing", () => {
    expect(gaps(sources(), none)).toEqual([]);
  });

  it.each<[string, Partial<Sources>, string]>([
    ["a MUST without code", { code: new Map() }, "HS-001 is implemented nowhere"],
    ["a MUST without a test", { tests: new Map() }, "HS-001 is tested nowhere"],
    ["an unknown one in code", { code: new Map([...sources().code, ["HS-009", ["src/b.ts"]]]) }, "HS-009"],
    [
      "an unknown one in a test",
      { tests: new Map([...sources().tests, ["HS-009", ["b.test.ts"]]]) },
      "HS-009",
    ],
    ["an unknown one in a vector", { vectors: new Map([["HS-009", ["b.json"]]]) }, "HS-009"],
  ])("%s", (_, changes, gap) => {
    expect(gaps(sources(changes), none)).toEqual([expect.stringContaining(gap)]);
  });

  it("none where cells of the table carry a MUST out", () => {
    const cells = new Map([["HS-001", [{ role: "client", state: "Start", event: "start" }]]]);
    expect(gaps(sources({ code: new Map(), cells }), none)).toEqual([]);
  });

  it("none where an exception says why", () => {
    const reason = "a person does it, and no code can";
    const exceptions = { code: { "HS-001": reason }, tests: { "HS-001": reason } };
    expect(gaps(sources({ code: new Map(), tests: new Map() }), exceptions)).toEqual([]);
  });

  it.each([
    ["has no reason", { code: { "HS-001": "later" }, tests: {} }, { code: new Map() }, "has no reason"],
    [
      "is not needed any more",
      { code: { "HS-001": "a person does it, not code" }, tests: {} },
      {},
      "not needed",
    ],
    ["is for nothing", { code: {}, tests: { "HS-009": "a person does it, not code" } }, {}, "no requirement"],
  ])("an exception that %s", (_, exceptions, changes, gap) => {
    expect(gaps(sources(changes), exceptions)).toEqual([expect.stringContaining(gap)]);
  });
});

describe("what is read", () => {
  it("are identifiers in code, and ranges in full", () => {
    expect(citedInCode("// HS-010, HS-007 to HS-009: see RC-001 to ST-003")).toEqual([
      "HS-010",
      "HS-007",
      "HS-009",
      "RC-001",
      "ST-003",
      "HS-008",
    ]);
  });

  it("are the titles of tests and suites, with the rows that they take in, and nothing else", () => {
    const text = `
      // HS-001 in a comment
      const other = "HS-002";
      describe("HS-003", () => {
        it("HS-004: sings", () => expect("HS-005"));
        it.each([["HS-006"]])("%s: sings", () => {});
        it.each([["HS-007"]])("sings", () => {});
        test.prop([fc.constant("HS-008")], { examples: [] })("HS-009: sings", () => {});
        describe.each([{ id: "HS-010" }] as const)(\`$id \${other}\`, () => {});
      });`;
    const cited = titles("a.test.ts", text).flatMap((one) => one.cited);
    expect(cited).toEqual(["HS-003", "HS-004", "HS-006", "HS-009", "HS-010"]);
  });

  it("is how much a sentence asks", () => {
    const texts = [
      "It MUST sing.",
      "It SHOULD sing.",
      "It MAY sing.",
      "It sings.",
      "It MAY sing, and MUST NOT dance.",
    ];
    expect(texts.map(forceOf)).toEqual(["MUST", "SHOULD", "MAY", "binds", "MUST"]);
  });

  it("are the cells that a statement fixes, and no others", () => {
    const statement = invariant("ST-005 ST-018", "closing twice", on("close", ["Closed"]).is(stays()));
    const cells = cellCitations([statement]);
    expect([...cells.keys()]).toEqual(["ST-005", "ST-018"]);
    expect(cellWords(cells.get("ST-005") ?? [])).toBe("client `close` in Closed; server `close` in Closed");
  });
});
