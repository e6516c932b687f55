/**
 * Why: protocols were broken by messages that came in an order nobody had thought of. So every order is tried: whatever
 * can come to an end, in sequences of up to five, from every state that it can be in. The primitives are stubs here,
 * or there would be no time for it; orderings-real.test.ts takes the real ones for shorter sequences.
 */
import { readFileSync } from "node:fs";
import { describe, expect, it, vi } from "vitest";
import type { Primitives } from "../src/crypto/primitives.ts";
import { type Table, type Cell as TableCell, table } from "../src/protocol/machine/table.ts";
import { type Lookup, recordingTable } from "./cells/table.ts";
import { states } from "./model/invariants-vocabulary.ts";
import { type Kind, kinds } from "./orderings/peer.ts";
import { exploreAll, inNumbers } from "./orderings/run.ts";
import type { Maker, Start } from "./orderings/session.ts";
import { starts } from "./orderings/starts.ts";
import { stubPrimitives } from "./orderings/stub.ts";
import { explore, newCount } from "./orderings/tree.ts";

// The peer's side, the reference implementation, gets the same stubs.
vi.mock("./reference/primitives.ts", async (original) => {
  const { stubReferencePrimitives } = await import("./orderings/stub.ts");
  return { ...(await original<object>()), ...stubReferencePrimitives };
});
vi.mock("../src/protocol/noise/hkdf.ts", async (original) => {
  const { stubHkdf } = await import("./orderings/stub.ts");
  const hkdf: typeof import("../src/protocol/noise/hkdf.ts").hkdf = (_, ck, input, first, second) => {
    const outputs = stubHkdf(ck, input);
    first.set(outputs[0]);
    second?.set(outputs[1]);
  };
  return { ...(await original<object>()), hkdf };
});

// A misuse is nothing rare here, and a stack for each takes longer than everything else.
Error.stackTraceLimit = 0;

const roles = ["client", "server"] as const;
const maker = { primitives: stubPrimitives };

/** What only one role's peer can say. */
const ofServers: readonly Kind[] = ["refusal", "impostor", "verdictAlert", "verdictData", "malformedVerdict"];
const ofClients: readonly Kind[] = ["wrongContext"];

/** How many orderings there are, at least: what is tried may grow and must not dwindle unnoticed. */
const least = { client: 19_000, server: 33_000 } as const;

describe.each(roles)("SC-008 ST-001: every ordering of up to five, at a %s", (role) => {
  it("leads where the specification says, and delivers nothing before it may", () => {
    const count = exploreAll(role, 5, maker);
    console.log(inNumbers(role, count));
    expect([...count.states].sort()).toEqual(states[role].map((state) => `${role} ${state}`).sort());
    const foreign: readonly Kind[] = role === "client" ? ofClients : ofServers;
    const possible = [...Object.keys(kinds), "end", "reset", "answer"].filter(
      (kind) => !foreign.some((other) => other === kind),
    );
    expect([...count.kinds.keys()].sort()).toEqual(possible.sort());
    const all = count.orderings.reduce((sum, orderings) => sum + orderings, 0);
    expect(all).toBeGreaterThan(least[role]);
  }, 300_000); // Half a minute on an idle machine.
});

interface Cell {
  readonly role: "client" | "server";
  readonly state: string;
  readonly event: string;
  /** From where orderings of length one come through it. */
  readonly starts: Start[];
}

/** The cells of the table that orderings of length one come through. */
function cellsPassed(): Cell[] {
  const cells = new Map<string, Cell>();
  for (const start of starts) {
    const lookups: Lookup[] = [];
    explore(start, 1, { ...maker, table: recordingTable(lookups) }, newCount());
    const { role } = start.making;
    for (const { state, event } of lookups) {
      const key = `${role} ${state} ${event}`;
      const cell = cells.get(key) ?? { role, state, event, starts: [] };
      cells.set(key, cell);
      if (cell.starts.at(-1) !== start) cell.starts.push(start);
    }
  }
  return [...cells.values()];
}

interface Changed {
  readonly cell: TableCell;
  readonly what: string;
}

/** Other cells in the place of one: another state, and each output left out. */
function changes(cell: TableCell): Changed[] {
  const elsewhere = (["Open", "Failed", "Draining"] as const).filter((state) => state !== cell.to);
  return [
    ...elsewhere.map((to) => ({ cell: { ...cell, to }, what: `to ${to}` })),
    ...cell.outputs.map((output, i) => ({
      cell: { ...cell, outputs: cell.outputs.toSpliced(i, 1) },
      what: `without ${output}`,
    })),
  ];
}

/** The specified table with one cell changed; a change that never comes to an end is given one. */
function withCell({ role, state, event }: Cell, cell: TableCell): Table {
  const own: Table["client"] = table[role];
  let lookups = 0;
  const cells = {
    ...own[state],
    get [event](): TableCell {
      if (lookups++ > 10_000) throw new Error("events without end");
      return cell;
    },
  };
  return { ...table, [role]: { ...own, [state]: cells } };
}

function isFound(where: readonly Start[], broken: Partial<Maker>): boolean {
  return where.some((start) => {
    try {
      explore(start, 1, { ...maker, ...broken }, newCount());
      return false;
    } catch {
      return true;
    }
  });
}

/**
 * What leaves no trace at this length: holding and dropping input is what happens where nothing is done about it, a
 * Ping can't be sent after the end that forgets it, and nothing waits behind the Verdict unless much was written.
 */
const traceless = ["hold", "drop", "remember", "send.queued"];

/** Primitives with a fault that makes a channel believe what it must not. */
const credulous: Readonly<Record<string, () => Primitives>> = {
  "tags that nobody looks at": () => ({
    ...stubPrimitives,
    open: (key, nonce, ad, ciphertext, out) => {
      if (!stubPrimitives.open(key, nonce, ad, ciphertext, out)) out.set(ciphertext.subarray(0, out.length));
      return true;
    },
  }),
  "a record that is taken twice": () => ({
    ...stubPrimitives,
    open: (key, nonce, ad, ciphertext, out) => {
      const before = nonce.slice();
      before[4] = (before[4] ?? 0) - 1;
      return (
        stubPrimitives.open(key, nonce, ad, ciphertext, out) ||
        stubPrimitives.open(key, before, ad, ciphertext, out)
      );
    },
  }),
  "keys of the other direction": () => {
    const keys: Uint8Array[] = [];
    return {
      ...stubPrimitives,
      seal: (key, ...rest) => {
        keys.push(key.slice());
        stubPrimitives.seal(key, ...rest);
      },
      open: (key, ...rest) => [key, ...keys].some((one) => stubPrimitives.open(one, ...rest)),
    };
  },
  "low-order points that give a key": () => ({
    ...stubPrimitives,
    x25519: (secret, peer) => stubPrimitives.x25519(secret, peer) ?? new Uint8Array(32).fill(1),
  }),
};

describe("SC-008: the judge of the orderings", () => {
  it("finds each cell that orderings come through when it is changed", () => {
    const cells = cellsPassed();
    const survivors: string[] = [];
    let count = 0;
    for (const cell of cells) {
      const own: Table["client"] = table[cell.role];
      const specified = own[cell.state]?.[cell.event];
      if (specified === undefined) throw new Error("a cell was passed");
      for (const { cell: changed, what } of changes(specified)) {
        count++;
        if (traceless.some((output) => what === `without ${output}`)) continue;
        if (!isFound(cell.starts, { table: withCell(cell, changed) }))
          survivors.push(`${cell.role} ${cell.state} ${cell.event} ${what}`);
      }
    }
    console.log(`${cells.length} cells, ${count} changes`);
    expect(cells.length).toBeGreaterThan(180);
    expect(survivors).toEqual([]);
  });

  it.each(Object.entries(credulous))("finds %s", (_, broken) => {
    expect(isFound(starts, { primitives: broken() })).toBe(true);
  });

  it("is written without the table: what it imports is the reference's, and its peer's", () => {
    for (const file of ["judge", "judged-end", "judged-stream", "peer"]) {
      const text = readFileSync(`properties/orderings/${file}.ts`, "utf8");
      const imports = [...text.matchAll(/(?:from|import\()\s*"([^"]+)"/g)].map(([, path]) => path);
      expect(imports.length).toBeGreaterThan(1);
      for (const path of imports)
        expect(path).toMatch(/^(\.\.\/reference\/[a-z]+|\.\/(?:peer|judged-[a-z]+))\.ts$/);
    }
  });
});
