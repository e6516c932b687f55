/**
 * Why: a model is worth what it has in common with what it is a model of. Every rule of the handshake's model names
 * the cells of the table that it takes (ST-001); here they are held against each other without running Maude. And the
 * traces kept beside it are those of its table of ablations, no more and no fewer.
 */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import ablations from "../spec/model/handshake/ablations.json" with { type: "json" };
import { compareWithTable, readCells, type SpecTable } from "../spec/model/handshake/cells.mjs";
import checks from "../spec/model/handshake/checks.json" with { type: "json" };
import spec from "../spec/states.json" with { type: "json" };
import { publishedTraces, traces } from "./handshake-traces/trace.ts";

const file = new URL("../spec/model/handshake/protocol.maude", import.meta.url);
const source = readFileSync(file, "utf8");
const table: SpecTable = spec.table;
const leftOut: Readonly<Record<string, string>> = checks.leftOut;

/** What the comparison says after one change of the source. */
function comparedWith(line: string, instead: string): string[] {
  const changed = source.replaceAll(line, instead);
  if (changed === source) throw new Error(`protocol.maude has no ${line}`);
  return compareWithTable(readCells(changed), table, leftOut);
}

describe("ST-001: the transitions of the handshake's model and the table", () => {
  it("agree in both directions", () => {
    const cells = readCells(source);
    expect(cells.length).toBeGreaterThan(25);
    expect(compareWithTable(cells, table, leftOut)).toEqual([]);
  });

  it("disagree where a rule goes to another state", () => {
    expect(
      comparedWith(
        "@cell client AwaitVerdict verdict.accept Open",
        "@cell client AwaitVerdict verdict.accept Judging",
      ),
    ).toEqual(["client-accepted: client AwaitVerdict verdict.accept: model Judging, table Open"]);
  });

  it("disagree where a rule takes an event that its state does not have", () => {
    expect(
      comparedWith("@cell server Deciding accept Open", "@cell server Deciding response.ok Open"),
    ).toContain("server Deciding accept: in the table, not in the model, and no reason given");
  });

  it("disagree where the table does something that no rule does, and no reason says why", () => {
    expect(compareWithTable(readCells(source), table, {})).not.toEqual([]);
    const row = { ...table["server"]?.["Deciding"], "new.event": { to: "Open", outputs: [] } };
    const wider = { ...table, server: { ...table["server"], Deciding: row } };
    expect(compareWithTable(readCells(source), wider, leftOut)).toEqual([
      "server Deciding new.event: in the table, not in the model, and no reason given",
    ]);
  });

  it("cannot be compared where a rule names no cell", () => {
    const line = "  *** @cell server Deciding accept Open\n";
    expect(() => readCells(source.replace(line, ""))).toThrow(/a rule needs its @cell lines/);
  });
});

describe("the traces of the handshake's model", () => {
  const table = ablations.ablations.map((row) => ({
    ...row,
    breaks: row.breaks as Record<string, string[]>,
  }));

  it("are one for each cell of the table of ablations", () => {
    const cells = table.flatMap(({ name, breaks }) => Object.keys(breaks).map((goal) => `${name}.${goal}`));
    expect(traces.map(({ name }) => name)).toEqual(cells.sort());
    expect(traces.map(({ name }) => name)).toEqual(traces.map(({ ablation, goal }) => `${ablation}.${goal}`));
  });

  it.each(traces)(
    "$name: has the switches of its ablation, a known goal, and a scenario where it breaks",
    (trace) => {
      const row = table.find(({ name }) => name === trace.ablation);
      expect(row?.switches).toEqual(trace.switches);
      expect(row?.breaks[trace.goal]).toContain(trace.scenario);
      expect(Object.keys(checks.goals)).toContain(trace.goal);
      expect(checks.scenarios.map(({ name }) => name)).toContain(trace.scenario);
      for (const name of Object.keys(trace.switches)) expect(Object.keys(ablations.switches)).toContain(name);
    },
  );

  it("show both attacks on the published design", () => {
    expect(publishedTraces.map(({ goal }) => goal)).toEqual(["roleReflected", "serverImpersonated"]);
  });
});
