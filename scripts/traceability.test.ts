/**
 * Why: a MUST that nothing implements or nothing tests is found by whoever it hurts, unless something looks. That a title
 * cites a requirement proves little; that none does, proves that nobody has thought of it.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { invariant, on, stays } from "../properties/model/invariants-rule.ts";
import type { Mutant, Status } from "./mutation-report.ts";
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
import { citedSpans, mutantsOfRequirements } from "./traceability-mutants.ts";
import { cellCitations, citedInCode, titles } from "./traceability-sources.ts";

const none = { code: {}, tests: {}, mutants: {} };

/** Two requirements of one page, both of them implemented and tested. */
function sources(changes: Partial<Sources> = {}): Sources {
  const text = "# A page\n\n- **HS-001** It MUST sing.\n- **HS-002** It dances.\n";
  return {
    pages: new Map([["handshake.md", text]]),
    code: new Map([["HS-001", ["src/keys/a.ts"]]]),
    cells: new Map(),
    tests: new Map([["HS-001", ["src/a.test.ts"]]]),
    vectors: new Map(),
    mutants: new Map([["HS-001", { killed: 1, all: 2, around: false }]]),
    byHand: new Map(),
    unjudged: new Set(),
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
    const { code, tests, mutants } = readExceptions();
    // Where a file has changed since its mutants were run, nothing is said about them.
    const judged = Object.keys(mutants).filter(
      (id) => !all.code.get(id)?.some((path) => all.unjudged.has(path)),
    );
    const count = Object.keys(code).length + Object.keys(tests).length + judged.length;
    expect(gaps(all, none)).toHaveLength(count);
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
    ["a MUST whose code no test misses", { mutants: new Map() }, "no mutant of the code"],
    [
      "a MUST whose broken code no test notices",
      { mutants: new Map([["HS-001", { killed: 0, all: 3, around: false }]]) },
      "no mutant of the code",
    ],
    ["an unknown one in a vector", { vectors: new Map([["HS-009", ["b.json"]]]) }, "HS-009"],
  ])("%s", (_, changes, gap) => {
    expect(gaps(sources(changes), none)).toEqual([expect.stringContaining(gap)]);
  });

  it("none where cells of the table carry a MUST out", () => {
    const cells = new Map([["HS-001", [{ role: "client", state: "Start", event: "start" }]]]);
    expect(gaps(sources({ code: new Map(), cells }), none)).toEqual([]);
  });

  it("none where the code that cites a MUST is broken by hand", () => {
    expect(gaps(sources({ mutants: new Map(), byHand: new Map([["HS-001", 1]]) }), none)).toEqual([]);
  });

  it("none where no code that cites a MUST is mutated", () => {
    const code = new Map([["HS-001", ["src/net/a.ts"]]]);
    expect(gaps(sources({ mutants: new Map(), code }), none)).toEqual([]);
  });

  it("none while its code has changed since its mutants were run", () => {
    const unjudged = new Set(["src/keys/a.ts"]);
    expect(gaps(sources({ mutants: new Map(), unjudged }), none)).toEqual([]);
    expect(gaps(sources({ mutants: new Map(), unjudged: new Set(["src/b.ts"]) }), none)).toHaveLength(1);
  });

  it("none where an exception says why", () => {
    const reason = "a person does it, and no code can";
    const exceptions = { ...none, code: { "HS-001": reason }, tests: { "HS-001": reason } };
    expect(gaps(sources({ code: new Map(), tests: new Map() }), exceptions)).toEqual([]);
    expect(gaps(sources({ mutants: new Map() }), { ...none, mutants: { "HS-001": reason } })).toEqual([]);
  });

  it.each([
    ["has no reason", { code: { "HS-001": "later" } }, { code: new Map() }, "has no reason"],
    ["is not needed any more", { code: { "HS-001": "a person does it, not code" } }, {}, "not needed"],
    [
      "is not needed, as a mutant is killed",
      { mutants: { "HS-001": "nothing can be broken" } },
      {},
      "not needed",
    ],
    ["is for nothing", { tests: { "HS-009": "a person does it, not code" } }, {}, "no requirement"],
  ])("an exception that %s", (_, exceptions, changes, gap) => {
    expect(gaps(sources(changes), { ...none, ...exceptions })).toEqual([expect.stringContaining(gap)]);
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

describe("the code that a comment is about", () => {
  const source = `/** HS-001: the head. */

import { a } from "./a.ts";

/** HS-002 */
export class C {
  /** HS-003 */
  m(x: number): void {
    if (x === 1) {
      throw new Error("no"); // HS-004
    }
    if (x === 2) return; // HS-005
    // HS-006: over a statement
    a(x);
    this.go(); // HS-007
    a({
      first: 1, // HS-008
      second: "HS-009",
    });
    switch (x) {
      // HS-010
      case 3:
        a(1);
    }
    /* HS-002, more closely */ a(4);
  }
  // HS-003: nothing stands under it
}
`;
  const about = (id: string) =>
    citedSpans("c.ts", source)
      .filter((one) => one.id === id)
      .map(({ span }) => source.slice(span.start, span.end).replaceAll(/\s+/g, " "));

  it.each([
    ["HS-004", 'if (x === 1) { throw new Error("no"); // HS-004 }'],
    ["HS-005", "if (x === 2) return;"],
    ["HS-006", "a(x);"],
    ["HS-007", "this.go();"],
    ["HS-008", "first: 1"],
    ["HS-010", "case 3: a(1);"],
    ["HS-002", "a(4);"],
  ])("%s: %s", (id, code) => {
    expect(about(id)).toEqual([code]);
  });

  it("is the whole file at its head, the member or class that it stands in or over elsewhere, and no string", () => {
    expect(about("HS-001")).toEqual([source.replaceAll(/\s+/g, " ")]);
    expect(about("HS-003")).toEqual([expect.stringMatching(/^m\(x: number\).*a\(4\); }$/)]);
    expect(about("HS-009")).toEqual([]);
  });
});

describe("the mutants of a requirement", () => {
  const source =
    "/** HS-001 */\nexport function f(x: number) {\n  go(); // HS-002\n  return x > 1; // HS-003\n}\n";
  const at = (line: number, from: number, to: number, status: Status): Mutant => ({
    id: `${line}:${from}:${status}`,
    mutatorName: "EqualityOperator",
    location: { start: { line, column: from }, end: { line: line === 2 ? 5 : line, column: to } },
    status,
  });
  const report = {
    schemaVersion: "1.0",
    thresholds: {},
    files: {
      "src/keys/a.ts": {
        language: "typescript",
        source,
        mutants: [
          at(2, 30, 2, "Killed"),
          at(4, 10, 15, "Killed"),
          at(4, 10, 15, "Survived"),
          at(4, 10, 15, "Ignored"),
        ],
      },
    },
  };

  it("are those within its code, or else the smallest around it", () => {
    expect(Object.fromEntries(mutantsOfRequirements(report))).toEqual({
      "HS-001": { killed: 2, all: 3, around: false },
      "HS-002": { killed: 1, all: 1, around: true },
      "HS-003": { killed: 1, all: 2, around: false },
    });
  });
});
