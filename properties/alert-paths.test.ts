/**
 * Why: an error path is taken when something else is going wrong as well, and that is when alerts get lost, doubled or
 * answered. So every alert is said in every state, by either side, whatever waits or is under way there, and whatever
 * the peer does about it.
 */
import { describe, expect, it } from "vitest";
import type { State } from "../src/protocol/index.ts";
import { type Cell, type EventName, type Table, table } from "../src/protocol/machine/table.ts";
import { faultsOf } from "./alert-paths/judge.ts";
import {
  type AlertPath,
  allPaths,
  causes,
  conditions,
  expectedAlert,
  sequels,
  walk,
} from "./alert-paths/path.ts";
import { reach } from "./alert-paths/situation.ts";

const ends = (["client", "server"] as const).flatMap((side) =>
  (Object.keys(reach[side]) as State[]).map((state) => ({ side, state })),
);

/** What was found, so that a product that has shrunk is noticed. */
const found = { walked: 0, said: 0, heard: 0, crossed: 0, lost: 0 };

function faultsIn(path: AlertPath): string[] {
  const walked = walk(path);
  const peer = walked.situation.end(path.side === "client" ? "server" : "client");
  found.walked++;
  if (expectedAlert(path) !== undefined) {
    found.said++;
    const code = peer.channel.failure?.code;
    if (code === "alert_received") found.heard++;
    else if (code === "cancelled") found.crossed++;
    else found.lost++;
  }
  return faultsOf(walked).map((fault) => `${JSON.stringify(path)}: ${fault}`);
}

describe("every alert path", () => {
  const paths = [...allPaths()];

  it.each(ends)(
    "SC-007 AL-006 AL-007 AL-008 AL-010 AL-013 AL-023: in $state at the $side, one alert or none, last and unanswered",
    ({ side, state }) => {
      const own = paths.filter((path) => path.side === side && path.state === state);
      expect(own).toHaveLength(causes.length * conditions.length * sequels.length);
      expect(own.flatMap(faultsIn)).toEqual([]);
    },
  );

  it("was walked: all of them, and most alerts were heard", () => {
    expect([ends.length, causes.length, conditions.length, sequels.length]).toEqual([27, 16, 5, 4]);
    console.log(`alert paths: ${JSON.stringify(found)}`);
    expect(found).toEqual({ walked: 8_640, said: 3_557, heard: 2_283, crossed: 888, lost: 386 });
  });
});

/** The life cycle with the outputs for one event changed, in all states of both sides. */
function altered(change: (outputs: readonly string[]) => readonly string[], event: EventName): Table {
  const alter = (states: Table["client"]) =>
    Object.fromEntries(
      Object.entries(states).map(([state, cells]) => {
        const cell = cells[event];
        if (cell === undefined) return [state, cells];
        return [state, { ...cells, [event]: { ...cell, outputs: change(cell.outputs) as Cell["outputs"] } }];
      }),
    );
  return { client: alter(table.client), server: alter(table.server) };
}

const followedBy = (what: string, more: string) => (outputs: readonly string[]) =>
  outputs.flatMap((output) => (output === what ? [output, more] : [output]));

describe("a life cycle that is wrong is found out, where it", () => {
  const some = [...allPaths()].filter(
    ({ state, cause }) => state === "Open" && (cause === "cancelled" || cause === "garbage"),
  );
  const faults = (wrong: Table | undefined, mangle?: (bytes: Uint8Array) => Uint8Array) => [
    ...new Set(some.flatMap((path) => faultsOf(walk(path, wrong, mangle)))),
  ];

  it("is not: none", () => {
    expect(faults(undefined)).toEqual([]);
    expect(some).toHaveLength(2 * 2 * 5 * 4);
  });

  it.each<[string, EventName, (outputs: readonly string[]) => readonly string[], RegExp]>([
    ["says two alerts", "alert", followedBy("send.alert", "send.alert"), /2 alerts/],
    ["says something after it", "alert", followedBy("send.alert", "send.close"), /after the alert/],
    [
      "says something before the transport ends, when a record is bad",
      "record.bad",
      followedBy("send.alert:bad_record", "send.close"),
      /after the alert/,
    ],
    [
      "answers an alert by an alert",
      "record.alert",
      (outputs) => ["send.alert:cancelled", ...outputs],
      /answers by an alert/,
    ],
    ["says a Close to an alert", "record.alert", (outputs) => ["send.close", ...outputs], /bytes more/],
    [
      "keeps it to itself",
      "alert",
      (outputs) => outputs.filter((output) => output !== "send.alert"),
      /no alert/,
    ],
    [
      "says another",
      "alert",
      (outputs) => outputs.map((o) => (o === "send.alert" ? "send.alert:busy" : o)),
      /alert 9, not 12/,
    ],
    ["drops what was written before", "write", () => [], /not all data/],
    [
      "does not tell it",
      "record.alert",
      (outputs) => outputs.filter((output) => output !== "alert"),
      /last outputs/,
    ],
  ])("%s", (_what, event, change, what) => {
    expect(faults(altered(change, event)).join("\n")).toMatch(what);
  });

  it("is right, and its driver drops what was handed over before", () => {
    const drops = (bytes: Uint8Array) => bytes.subarray(Math.min(bytes.length, 320));
    expect(faults(undefined, drops).join("\n")).toMatch(/data before the alert is missing/);
  });
});
