import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import registry from "../spec/alerts.json" with { type: "json" };
import spec from "../spec/states.json" with { type: "json" };
import {
  brokenBy,
  brokenInvariants,
  type Cell,
  type Invariant,
  invariants,
  type Lookup,
  type Place,
  places,
} from "./model/invariants.ts";
import { events, roles, states } from "./model/invariants-vocabulary.ts";

/**
 * ST-001: the state table against statements that were written without it. They accept it, and they reject every
 * table that differs from it in one cell.
 */

type Cells = Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, Cell>>>>>>;
const table: Cells = spec.table;

const asSpecified: Lookup = (role, state, event) => table[role]?.[state]?.[event];

function cellAt({ role, state, event }: Place): Cell {
  const cell = asSpecified(role, state, event);
  if (cell === undefined) throw new Error(`no cell for ${role} ${state} ${event}`);
  return cell;
}

/** The codes that a table may name; none stands for the call's. */
const alertCodes = ["", ...registry.alerts.map(({ name }) => name)];

/** Lists of outputs that a cell might have in place of its own: any other cell's, or its own a little changed. */
const outputsOfAll = [...new Set(places.map((place) => cellAt(place).outputs.join()))];

function changedOutputs(outputs: readonly string[]): Record<string, string[]> {
  const without = outputs.map((_, i) => outputs.filter((_, j) => j !== i).join());
  const twice = outputs.map((output, i) => outputs.toSpliced(i, 0, output).join());
  const swapped = outputs.flatMap((_, i) =>
    outputs.slice(i + 1).map((_, j) => {
      const other = [...outputs];
      [other[i], other[i + 1 + j]] = [outputs[i + 1 + j] ?? "", outputs[i] ?? ""];
      return other.join();
    }),
  );
  const recoded = outputs.flatMap((output, i) => {
    const [name, code = ""] = output.split(":");
    if (name !== "send.alert" && name !== "send.verdict.alert") return [];
    return alertCodes
      .filter((other) => other !== code)
      .map((other) => outputs.with(i, other === "" ? name : `${name}:${other}`).join());
  });
  return { replaced: outputsOfAll, without, twice, swapped, recoded };
}

interface Mutant {
  readonly kind: string;
  readonly place: Place;
  readonly cell: Cell;
}

/** Every table that differs in one cell: another next state, other outputs, or both. */
function* mutants(): Generator<Mutant> {
  for (const place of places) {
    const cell = cellAt(place);
    const own = cell.outputs.join();
    for (const to of new Set([...states.client, ...states.server]))
      if (to !== cell.to) yield { kind: "next state", place, cell: { ...cell, to } };
    for (const [kind, lists] of Object.entries(changedOutputs(cell.outputs))) {
      for (const list of new Set(lists)) {
        const outputs = list === "" ? [] : list.split(",");
        if (list === own) continue;
        yield { kind: `outputs ${kind}`, place, cell: { ...cell, outputs } };
        for (const to of states[place.role])
          if (to !== cell.to) yield { kind: "both", place, cell: { to, outputs } };
      }
    }
  }
}

describe("ST-001: the statements on the life cycle", () => {
  it("hold of the table in spec/states.json", () => {
    expect(brokenInvariants(asSpecified)).toEqual([]);
  });

  it("speak of the states and events that it has", () => {
    const sorted = (words: readonly string[]) => [...words].sort();
    for (const role of roles) {
      expect(sorted(Object.keys(table[role] ?? {}))).toEqual(sorted(states[role]));
      for (const cells of Object.values(table[role] ?? {}))
        expect(sorted(Object.keys(cells))).toEqual(sorted(events[role]));
    }
  });

  it("are written without it: their files import each other alone", () => {
    const files = readdirSync("properties/model").filter((name) => name.startsWith("invariants"));
    expect(files.length).toBeGreaterThan(5);
    for (const file of files) {
      const text = readFileSync(`properties/model/${file}`, "utf8");
      const imports = [...text.matchAll(/(?:from|import\()\s*"([^"]+)"/g)].map(([, path]) => path);
      for (const path of imports) expect(path).toMatch(/^\.\/invariants[a-z-]*\.ts$/);
    }
  });

  it("cite requirements", () => {
    for (const { ids } of invariants) expect(ids).toMatch(/^[A-Z]{2}-\d{3}( [A-Z]{2}-\d{3})*$/);
  });

  it("reject every table with one cell changed, and each of them rejects some", () => {
    const counts: Record<string, number> = {};
    const survivors: Mutant[] = [];
    const idle = new Set<Invariant>(invariants);
    for (const mutant of mutants()) {
      counts[mutant.kind] = (counts[mutant.kind] ?? 0) + 1;
      const broken = brokenBy(mutant.cell, mutant.place);
      if (broken.length === 0) survivors.push(mutant);
      for (const one of broken) idle.delete(one);
    }
    for (const place of places) {
      counts["cell missing"] = (counts["cell missing"] ?? 0) + 1;
      expect(brokenBy(undefined, place)).not.toEqual([]);
    }
    console.log(`${invariants.length} statements reject all of ${JSON.stringify(counts)}`);
    expect(survivors).toEqual([]);
    expect([...idle].map(({ says }) => says)).toEqual([]);
  });

  it("find a changed cell in a whole table", () => {
    const changed: Lookup = (role, state, event) =>
      role === "client" && state === "Open" && event === "record.bad"
        ? { to: "Failed", outputs: ["failed", "closeTransport"] }
        : asSpecified(role, state, event);
    expect(brokenInvariants(changed)).toEqual([
      "client Open record.bad: a record that does not authenticate or parse is answered by bad_record (RC-019)",
    ]);
  });
});
