/**
 * Why: a model is worth what it has in common with what it is a model of. Every transition of the life-cycle model
 * names its cell of the table (ST-001); here the two are held against each other without running Spin, so that neither
 * changes alone.
 */
import { describe, expect, it } from "vitest";
import {
  compareWithTable,
  type ModelCell,
  readCells,
  type SpecTable,
} from "../spec/model/lifecycle/cells.mjs";
import checks from "../spec/model/lifecycle/checks.json" with { type: "json" };
import spec from "../spec/states.json" with { type: "json" };

const cells = await readCells();
const table: SpecTable = spec.table;
const leftOut: Readonly<Record<string, string>> = checks.leftOut;

/** What the comparison says after one change of the cells, of the table or of the reasons. */
function compared(changed: { cells?: ModelCell[]; table?: SpecTable; leftOut?: Record<string, string> }) {
  return compareWithTable(changed.cells ?? cells, changed.table ?? table, changed.leftOut ?? leftOut);
}

/** The table with another cell in one place. */
function tableWith(role: string, state: string, event: string, to: string, outputs: string[]): SpecTable {
  const row = { ...table[role]?.[state], [event]: { to, outputs } };
  return { ...table, [role]: { ...table[role], [state]: row } };
}

const shared = ["Open", "HalfClosedLocal", "HalfClosedRemote", "Closing", "Draining"];
const isAccept = ({ role, state, event }: ModelCell) =>
  role === "client" && state === "AwaitVerdict" && event === "verdict.accept";

describe("ST-001: the transitions of the life-cycle model and the table", () => {
  it("cover every state from the client's Response on in which something can happen", () => {
    const statesOf = (role: string) => [
      ...new Set(cells.filter((cell) => cell.role === role).map(({ state }) => state)),
    ];
    expect(statesOf("client").sort()).toEqual([...shared, "AwaitVerdict", "AwaitVerdictClosed"].sort());
    expect(statesOf("server").sort()).toEqual([...shared, "AwaitResponse", "Deciding"].sort());
  });

  it("agree in both directions", () => {
    expect(compared({})).toEqual([]);
  });

  it("would not, if a transition of the model led elsewhere", () => {
    const astray = cells.map((cell) => (isAccept(cell) ? { ...cell, target: "HalfClosedLocal" } : cell));
    expect(compared({ cells: astray })).toEqual([
      expect.stringMatching(
        /^input\.pml:\d+ client AwaitVerdict verdict\.accept: model HalfClosedLocal, table Open$/,
      ),
    ]);
  });

  it("would not, if the model lacked a transition", () => {
    expect(compared({ cells: cells.filter((cell) => !isAccept(cell)) })).toEqual([
      "client AwaitVerdict verdict.accept: in the table, not in the model, and no reason given",
    ]);
  });

  it("would not, if a cell of the table led elsewhere", () => {
    const clean = tableWith("server", "Open", "eof", "HalfClosedRemote", ["end"]);
    expect(compared({ table: clean })).toEqual([
      expect.stringMatching(/^input\.pml:\d+ server Open eof: model Failed, table HalfClosedRemote$/),
    ]);
  });

  it("would not, if the table allowed what it does not", () => {
    const writing = tableWith("server", "HalfClosedLocal", "write", "HalfClosedLocal", ["send.data"]);
    expect(compared({ table: writing })).toEqual([
      "server HalfClosedLocal write: in the table, not in the model, and no reason given",
    ]);
  });

  it.each(Object.keys(leftOut))("need the reason why %s is left out", (name) => {
    const others = Object.fromEntries(Object.entries(leftOut).filter(([other]) => other !== name));
    expect(compared({ leftOut: others })).not.toEqual([]);
  });
});
