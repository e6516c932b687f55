/**
 * Why: between two processes that can die at any moment a session must be with one at a time, and never with nobody
 * without that being said. The tables are small enough for all their runs to be tried; then real sessions, real keys and
 * a record of every nonce go through any of them.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import {
  type Channel,
  exportSession,
  Giver,
  type GiverOutput,
  importSession,
  type Output,
  Taker,
  type TakerOutput,
  UsageError,
} from "../src/protocol/index.ts";
import { handOverMessages } from "../src/protocol/transfer/hand-over.ts";
import { giverTable, takerTable } from "../src/protocol/transfer/hand-over-table.ts";
import { SeenBlobs } from "../src/protocol/transfer/seen.ts";
import { openPair, primitives, seededBytes, testClient, testServer } from "./model/pair.ts";
import { Ledger } from "./model/sealings.ts";
import { runs, runsFactor } from "./seed.ts";
import { explore, type Tables } from "./transfer/exploration.ts";

const tables: Tables = { giver: giverTable, taker: takerTable };

describe("the tables", () => {
  const page = readFileSync(join(import.meta.dirname, "../spec/transfer.md"), "utf8");

  /** The cells of the table behind a line of the page, as the code writes them. */
  function cellsBehind(line: string): Record<string, Record<string, { to: string; outputs: string[] }>> {
    const [head = "", , ...rows] = page.split(line)[1]?.trim().split("\n\n")[0]?.split("\n") ?? [];
    const cellsOf = (row: string) =>
      row
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.replaceAll("`", "").trim());
    const [, ...events] = cellsOf(head);
    return Object.fromEntries(
      rows.map((row) => {
        const [state = "", ...cells] = cellsOf(row);
        const parsed = cells.map((cell, i): [string, { to: string; outputs: string[] }] => {
          const [to = "", outputs] = /^[A-Z]/.test(cell) ? cell.split(/: ?/) : [state, cell];
          return [events[i] ?? "", { to, outputs: outputs ? outputs.split(", ") : [] }];
        });
        return [state, Object.fromEntries(parsed)];
      }),
    );
  }

  it("TR-040: are those of the specification", () => {
    expect(cellsBehind("The giver, where each cell is the next state and what is done, in order:")).toEqual(
      giverTable,
    );
    expect(cellsBehind("The taker:")).toEqual(takerTable);
  });

  it("TR-041: the bytes of the messages are those of the specification", () => {
    const [, text = ""] = /these are (Offer 1.*?5)/s.exec(page) ?? [];
    const numbers = [...text.matchAll(/(\w+) (\d)/g)].map(([, name, n]) => [name, Number(n)]);
    expect(Object.fromEntries(numbers)).toEqual(handOverMessages);
  });

  it.each([1, 2, 3])(
    "TR-042 TR-043 TR-045 TR-046 TR-048: keep a session with one at a time, with %i takers and whoever dies when",
    (takers) => {
      const { situations, faults } = explore(tables, takers);
      expect(faults).toEqual([]);
      expect(situations).toBeGreaterThan(70 * takers ** 2);
    },
  );

  type Change = readonly [keyof Tables, state: string, event: string, to: string, outputs: readonly string[]];
  it.each<Change>([
    ["giver", "Offered", "Ack", "Given", ["send.Go"]], // The keys stay.
    ["giver", "Offered", "Ack", "Holding", ["send.Go"]],
    ["giver", "Offered", "Ack", "Given", ["wipe"]], // No Go.
    ["giver", "Offered", "died", "Given", ["wipe"]],
    ["giver", "Offered", "drop", "Lost", ["wipe"]],
    ["giver", "Offered", "drop", "Kept", ["back"]], // Though nobody knows whether the taker has died.
    ["giver", "Offered", "Refuse", "Offered", []],
    ["giver", "Given", "died", "Given", []], // Lost, and nobody says so.
    ["giver", "Given", "Done", "Given", ["fault"]],
    ["giver", "Holding", "offer", "Given", ["send.Offer", "wipe", "send.Go"]], // Go at once, blob or not.
    ["taker", "Waiting", "Offer", "Running", ["run", "send.Ack"]], // Two messages instead of three.
    ["taker", "Waiting", "Offer.bad", "Refused", []],
    ["taker", "Held", "gone", "Running", ["run"]], // A giver's death taken for its Go.
    ["taker", "Held", "Go", "Running", []],
  ])("of another kind are found: %s in %s, at %s", (role, state, event, to, outputs) => {
    const table = structuredClone(tables[role]) as unknown as Record<string, Record<string, unknown>>;
    (table[state] as Record<string, unknown>)[event] = { to, outputs };
    expect(explore({ ...tables, [role]: table } as Tables, 2).faults).not.toEqual([]);
  });
});

/** A process that may get a session: its end of the hand-over, its memory of blobs, and what is on its way. */
interface Process {
  readonly taker: Taker;
  alive: boolean;
  to: (() => TakerOutput[])[];
  from: ("Ack" | "Refuse" | "Done")[];
  channel: Channel | undefined;
}

const fates = fc.array(fc.nat(99), { minLength: 4, maxLength: 40 });

/** What has come of the sessions of all runs. */
const ends = { served: 0, kept: 0, lost: 0, dropped: 0, deaths: 0, offers: 0 };

describe("a session between processes that die", () => {
  test.prop([fates, fc.constantFrom(0n, 65_533n), fc.nat(3)], { numRuns: runs(400) })(
    "TR-042 TR-043 TR-044 TR-045 TR-046 RC-003: seals nothing twice, is with one at a time, or is said to be lost",
    (fate, first, written) => {
      const ledger = new Ledger();
      const recorded = ledger.recording("server", primitives);
      const firstNonces = { client: 0n, server: first };
      const pair = openPair(testClient({ firstNonces }), testServer({ firstNonces, primitives: recorded }));
      const say = (channel: Channel) => {
        for (let i = 0; i <= written; i++)
          deliver(channel.write(Uint8Array.of(i)), (bytes) => pair.client.channel.receive(bytes));
      };
      say(pair.server.channel);
      const options = { primitives: recorded, randomBytes: seededBytes("worker"), now: () => 0 };
      const giver = new Giver(recorded, exportSession(pair.server.channel));
      const processes: Process[] = Array.from({ length: 3 }, () => ({
        taker: new Taker(options, new SeenBlobs()),
        alive: true,
        to: [],
        from: [],
        channel: undefined,
      }));
      let at = -1;
      let lost = false;
      let last: Channel | undefined;
      const giverDoes = (outputs: GiverOutput[]) => {
        for (const output of outputs) {
          const to = processes[at] as Process;
          if (output.type === "send" && output.message === "Offer") {
            const blob = output.blob.slice(); // As a pipe would.
            if (blob.every((byte) => byte === 0)) throw new Error("an Offer of nothing");
            ends.offers++;
            if (to.alive) to.to.push(() => to.taker.offered(blob, fate[0] !== 7));
          }
          if (output.type === "send" && output.message === "Go" && to.alive) to.to.push(() => to.taker.go());
          if (output.type === "lost") lost = true;
          if (output.type === "fault") throw new Error(`a fault: ${output.message}`);
        }
      };
      const takerDoes = (process: Process, outputs: TakerOutput[]) => {
        for (const output of outputs) {
          if (output.type === "send") process.from.push(output.message);
          if (output.type === "session") {
            process.channel = output.channel;
            expect(processes.filter(({ channel }) => channel !== undefined)).toHaveLength(1);
            say(output.channel);
          }
          if (output.type === "fault") throw new Error(`a fault: ${output.message}`);
        }
      };
      for (let i = 0; i < 60; i++) {
        const n = fate[i % fate.length] ?? 0;
        const current = processes[at];
        if (giver.state === "Holding" && at + 1 < processes.length) {
          at++;
          giverDoes(giver.offer());
        } else if (current === undefined) {
        } else if (n < 12 && current.alive) {
          ends.deaths++;
          current.alive = false;
          current.to = [];
        } else if (n < 50 && current.to.length > 0) {
          takerDoes(current, current.to.shift()?.() ?? []);
        } else if (current.from.length > 0) {
          giverDoes(giver.receive(current.from.shift() as "Ack"));
        } else if (!current.alive && giver.state !== "Lost") {
          giverDoes(giver.takerDied());
        }
      }
      // Whatever is left comes to its end.
      for (const process of processes)
        while (process.alive && process.to.length > 0) takerDoes(process, process.to.shift()?.() ?? []);
      if (giver.state === "Holding") {
        last = importSession(giver.keep(), options, new SeenBlobs()).channel;
        say(last);
      }
      const [serving] = processes.filter(({ channel }) => channel !== undefined);
      expect(ledger.repeated).toEqual([]);
      expect(pair.client.channel.state).toBe("Open");
      expect([last !== undefined, serving !== undefined].filter(Boolean).length).toBeLessThanOrEqual(1);
      ends[last !== undefined ? "kept" : lost ? "lost" : serving !== undefined ? "served" : "dropped"]++;
    },
  );

  it("was served, kept and lost, each often enough", () => {
    console.log(JSON.stringify(ends));
    if (runsFactor < 1) return;
    for (const often of [ends.served, ends.kept, ends.lost]) expect(often).toBeGreaterThan(30);
    expect(ends.deaths).toBeGreaterThan(200);
  });
});

function deliver(outputs: readonly Output[], to: (bytes: Uint8Array) => unknown): void {
  for (const output of outputs) if (output.type === "transmit") to(output.bytes);
}

describe("either end of a hand-over", () => {
  const options = { primitives, randomBytes: seededBytes("taker"), now: () => 0 };
  const blobOf = (pair = openPair()) => exportSession(pair.server.channel);

  it("TR-045: wipes the giver's blob before Go, and what the taker held when the giver is gone", () => {
    const blob = blobOf();
    const giver = new Giver(primitives, blob);
    giver.offer();
    expect(blob.some((byte) => byte !== 0)).toBe(true);
    expect(giver.receive("Ack")).toEqual([{ type: "send", message: "Go" }]);
    expect(blob.every((byte) => byte === 0)).toBe(true);
    const dropped = blobOf();
    new Giver(primitives, dropped).drop();
    expect(dropped.every((byte) => byte === 0)).toBe(true);
    const offered = new Giver(primitives, blobOf());
    const [{ blob: shown } = {}] = offered.offer() as { blob?: Uint8Array }[];
    offered.drop(); // TR-055.
    expect([offered.state, shown?.every((byte) => byte === 0)]).toEqual(["Lost", true]);
  });

  it("TR-043: a taker has no channel before Go, and one then", () => {
    const taker = new Taker(options, new SeenBlobs());
    const offered = blobOf();
    expect(taker.offered(offered)).toEqual([{ type: "send", message: "Ack" }]);
    expect(offered.every((byte) => byte === 0)).toBe(true);
    const [session] = taker.go();
    expect(session?.type === "session" && session.channel.state).toBe("Open");
    expect(taker.giverGone()).toEqual([]);
    expect(taker.done()).toEqual([{ type: "send", message: "Done" }]);
  });

  it("TR-013 TR-031 TR-040: a blob is refused when it is none, came before, or has no room; and it is wiped", () => {
    const seen = new SeenBlobs();
    const blob = blobOf();
    new Taker(options, seen).offered(blob.slice());
    for (const [bytes, hasRoom, fault] of [
      [new Uint8Array(500).fill(1), true, "magic"],
      [blob.slice(), true, "imported"],
      [blobOf(), false, undefined],
    ] as const) {
      const taker = new Taker(options, seen);
      const [first, second] = taker.offered(bytes, hasRoom);
      expect(first).toEqual({ type: "send", message: "Refuse" });
      expect(second?.type === "refused" ? second.error.fault : undefined).toBe(fault);
      expect(bytes.every((byte) => byte === 0)).toBe(true);
      expect(taker.state).toBe("Refused");
    }
  });

  it("TR-048: a taker whose giver is gone forgets the session, and says that it is abandoned", () => {
    const taker = new Taker(options, new SeenBlobs());
    taker.offered(blobOf());
    expect(taker.giverGone()).toEqual([{ type: "abandoned" }]);
    expect(taker.go()).toEqual([{ type: "fault", message: "Go" }]);
  });

  it("TR-047: what can't come is a fault, and changes nothing", () => {
    const giver = new Giver(primitives, blobOf());
    for (const message of ["Ack", "Refuse", "Done"] as const)
      expect(giver.receive(message)).toEqual([{ type: "fault", message }]);
    giver.offer();
    expect(giver.receive("Done")).toEqual([{ type: "fault", message: "Done" }]);
    expect(giver.state).toBe("Offered");
    const taker = new Taker(options, new SeenBlobs());
    expect(taker.go()).toEqual([{ type: "fault", message: "Go" }]);
    taker.offered(blobOf());
    const again = blobOf();
    expect(taker.offered(again)).toEqual([{ type: "fault", message: "Offer" }]);
    expect(again.every((byte) => byte === 0)).toBe(true);
    expect(taker.state).toBe("Held");
  });

  it("TR-040: calls that a state does not allow are misuse", () => {
    const giver = new Giver(primitives, blobOf());
    giver.offer();
    for (const call of [() => giver.offer(), () => giver.keep()]) expect(call).toThrow(UsageError);
    expect(() => new Taker(options).done()).toThrow(UsageError);
    giver.takerDied();
    expect(importSession(giver.keep(), options).channel.state).toBe("Open");
    expect(() => giver.keep()).toThrow(UsageError);
  });
});
