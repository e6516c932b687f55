import { describe, expect, it } from "vitest";
import { type Role, UsageError } from "../src/protocol/index.ts";
import { usualIn, waysTo } from "./cells/drive.ts";
import { TooEarly } from "./cells/puppet.ts";
import { abc, usualWords, type Words } from "./cells/scenario.ts";
import { clientIn } from "./cells/states.ts";
import { cells, type SpecCell } from "./cells/table.ts";
import { arisings, idle, whyNot } from "./model/invariants-arising.ts";

/**
 * ST-001, ST-002: the table in spec/states.json is what a real channel does. Every cell that is not impossible is
 * reached with real cryptography, by calls, the clock and what a peer made of the reference implementation sends;
 * which event that was is seen from what the channel looks up.
 */

const possible = cells.filter(({ state, event }) => whyNot(state, event) === undefined);

/** Events in which the transport has ended in the channel's eyes. */
const ended: readonly string[] = ["eof", "eof.partial", "eof.hint", "drained"];

function expected(cell: SpecCell, says: Readonly<Record<string, Words>>) {
  const words = cell.outputs.flatMap((action) => says[action] ?? usualWords(action, cell.role));
  return words.map((word) => (word instanceof RegExp ? expect.stringMatching(word) : word));
}

describe.each(["client", "server"] as const satisfies Role[])(
  "ST-001 ST-040 ST-041 ST-043 ST-046 ST-047 ST-048 ST-049 ST-050: the cells of a %s",
  (role) => {
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
        // ST-048: in the state it leads to, the end of file is judged again.
        const again = ended.includes(cell.event) && cell.to !== cell.state;
        expect(lookups).toEqual(again ? [...events, { state: cell.to, event: "eof" }] : events);
        expect(words).toEqual(expected(cell, says));
        if (cell.outputs.includes("queue")) expect(subject.queuedBytes).toBe(abc.length);
        expect(channel.state).toBe(cell.to);
        const { reading, deadline, failure } = channel;
        if (words.includes("misuse")) expect({ reading, deadline, failure }).toEqual(before);
      }
    });
  },
);

describe("ST-002: the cells that can't be reached", () => {
  const withReason = cells.filter(({ state, event }) => whyNot(state, event) !== undefined);

  it("are those of which the table says so, each for a reason", () => {
    const impossible = cells.filter(({ outputs }) => outputs.includes("impossible"));
    expect(impossible.filter((cell) => !withReason.includes(cell))).toEqual([]);
    const calls = withReason.filter(({ state, event }) => idle.some((kind) => kind === whyNot(state, event)));
    const strict = withReason.filter((cell) => !calls.includes(cell));
    expect(strict.filter(({ outputs }) => outputs.join() !== "impossible")).toEqual([]);
    expect(calls.filter(({ outputs }) => outputs.join() !== "misuse")).toEqual([]);
    console.log(
      `cells: ${possible.length} of ${cells.length} reached, ${strict.length} impossible, ${calls.length} idle`,
    );
  });

  it("each reason is needed", () => {
    for (const { events } of [...arisings, ...idle]) {
      for (const event of events) expect(withReason.some((cell) => cell.event === event)).toBe(true);
    }
  });

  it("an event that is forced all the same is a fault of the code, not misuse", () => {
    const firstNonces = { client: 2n ** 64n - 1n, server: 0n };
    const { channel } = clientIn("AwaitVerdict", { firstNonces });
    let thrown: unknown;
    try {
      channel.alert("cancelled");
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ message: "the event nonce.none can't arise in state AwaitVerdict" });
    expect(thrown).not.toBeInstanceOf(UsageError);
    expect(channel.state).toBe("Failed");
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
      for (const lookup of subject.lookups) expect(whyNot(lookup.state, lookup.event)).toBeUndefined();
    }
  });
});
