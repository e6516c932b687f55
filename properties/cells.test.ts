import { describe, expect, it } from "vitest";
import { type Role, UsageError } from "../src/protocol/index.ts";
import { usualIn, waysTo } from "./cells/drive.ts";
import { impossibilities, impossibility } from "./cells/impossible.ts";
import { TooEarly } from "./cells/puppet.ts";
import { abc, usualWords, type Words } from "./cells/scenario.ts";
import { clientIn } from "./cells/states.ts";
import { cells, type SpecCell } from "./cells/table.ts";

/**
 * ST-001, ST-002: the table in spec/states.json is what a real channel does. Every cell that is not impossible is
 * reached with real cryptography, by calls, the clock and what a peer made of the reference implementation sends;
 * which event that was is seen from what the channel looks up.
 */

const possible = cells.filter(({ state, event }) => impossibility(state, event) === undefined);

/** Events in which the transport has ended in the channel's eyes. */
const ended: readonly string[] = ["eof", "eof.partial", "eof.hint", "drained"];

function expected(cell: SpecCell, says: Readonly<Record<string, Words>>) {
  const words = cell.outputs.flatMap((action) => says[action] ?? usualWords(action, cell.role));
  return words.map((word) => (word instanceof RegExp ? expect.stringMatching(word) : word));
}

describe.each(["client", "server"] as const satisfies Role[])("ST-001: the cells of a %s", (role) => {
  const own = possible.filter((cell) => cell.role === role);
  it.each(own.map((cell) => [`${cell.state}, ${cell.event}`, cell] as const))("%s", (_, cell) => {
    const ways = waysTo(role, cell.state, cell.event);
    expect(ways.length).toBeGreaterThan(0);
    for (const { begin, act, first, says } of ways) {
      const subject = begin();
      const { channel, lookups } = subject;
      expect(channel.state).toBe(cell.state);
      const before = { reading: channel.reading, deadline: channel.deadline, failure: channel.failure };
      lookups.length = 0;

      const words = act(subject);

      const events = [...first, cell.event].map((event) => ({ state: cell.state, event }));
      // ST-011: in the state it leads to, the end of file is judged again.
      const again = ended.includes(cell.event) && cell.to !== cell.state;
      expect(lookups).toEqual(again ? [...events, { state: cell.to, event: "eof" }] : events);
      expect(words).toEqual(expected(cell, says));
      if (cell.outputs.includes("queue")) expect(subject.queuedBytes).toBe(abc.length);
      expect(channel.state).toBe(cell.to);
      const { reading, deadline, failure } = channel;
      if (words.includes("misuse")) expect({ reading, deadline, failure }).toEqual(before);
    }
  });
});

/** What the table may say of an event that nothing can make, if not that it is impossible: misuse, or as of its like. */
function isIdle({ role, state, event, to, outputs }: SpecCell): boolean {
  const like = impossibility(state, event)?.like;
  const other = cells.find((cell) => cell.role === role && cell.state === state && cell.event === like);
  return other === undefined
    ? outputs.join() === "misuse"
    : to === other.to && outputs.join() === other.outputs.join();
}

describe("ST-002: the cells that can't be reached", () => {
  const withReason = cells.filter(({ state, event }) => impossibility(state, event) !== undefined);

  it("are those of which the table says so, each for a reason", () => {
    const impossible = cells.filter(({ outputs }) => outputs.includes("impossible"));
    expect(impossible.filter((cell) => !withReason.includes(cell))).toEqual([]);
    const strict = withReason.filter(({ state, event }) => impossibility(state, event)?.idle !== true);
    expect(strict.filter(({ outputs }) => outputs.join() !== "impossible")).toEqual([]);
    const idle = withReason.filter((cell) => !strict.includes(cell) && !impossible.includes(cell));
    expect(idle.filter((cell) => !isIdle(cell))).toEqual([]);
    console.log(
      `cells: ${possible.length} of ${cells.length} reached, ${strict.length} impossible, ${idle.length} idle`,
    );
  });

  it("each reason is needed", () => {
    for (const { events } of impossibilities) {
      for (const event of events) expect(withReason.some((cell) => cell.event === event)).toBe(true);
    }
  });

  it("an event that is forced all the same is a fault of the code, not misuse", () => {
    const firstNonces = { client: 2n ** 64n - 1n, server: 0n };
    const { channel } = clientIn("AwaitVerdict", { firstNonces });
    expect(() => channel.alert("cancelled")).toThrow(/can't arise in state AwaitVerdict/);
    expect(() => channel.alert("cancelled")).not.toThrow(UsageError);
    expect(channel.state).toBe("AwaitVerdict");
  });
});

describe.each(["client", "server"] as const satisfies Role[])("ST-002: a %s", (role) => {
  const states = [...new Set(cells.flatMap((cell) => (cell.role === role ? [cell.state] : [])))];
  const events = [...new Set(cells.flatMap((cell) => (cell.role === role ? [cell.event] : [])))];

  it.each(states)("in %s never takes anything for an event that can't be", (state) => {
    const subject = usualIn(role, state);
    for (const stimulus of events) {
      const [way] = waysTo(role, state, stimulus);
      subject.lookups.length = 0;
      try {
        way?.act(subject);
      } catch (error) {
        if (!(error instanceof TooEarly)) throw error;
      }
      for (const lookup of subject.lookups) expect(impossibility(lookup.state, lookup.event)).toBeUndefined();
    }
  });
});
