import { type Cell, everywhere, type Invariant, invariant, type Place } from "./invariants-rule.ts";
import { draining, ended, opened, states, terminal } from "./invariants-vocabulary.ts";

/** What every cell looks like, whatever the event: the order of a life, and of what is said about its end. */

const includes = (list: readonly string[], word: string) => list.includes(word);

/** How far a connection has come. What has the same number is two ways to go on. */
const progress: Readonly<Record<string, number>> = {
  ...{ Start: 0, AwaitChallenge: 1, Judging: 2, Responding: 3, AwaitVerdict: 4, AwaitVerdictClosed: 5 },
  ...{ AwaitHello: 0, OpeningRoute: 1, Routing: 2, AwaitResponse: 3, Deciding: 4, Hiding: 8 },
  ...{ Open: 6, HalfClosedLocal: 7, HalfClosedRemote: 7, Closing: 8, Draining: 8 },
  ...{ Closed: 9, Failed: 9, Forwarded: 9 },
};

const enters = ({ to }: Cell, { state }: Place, where: readonly string[]) =>
  to !== state && includes(where, to);

const has = ({ outputs }: Cell, output: string) => includes(outputs, output);

const lastWords = /^(send\.alert|send\.verdict\.alert|send\.hint|send\.refusal)(:|$)/;

/** The end was told of before, on the way into the state. */
const wasTold: readonly string[] = [...draining, "Hiding", ...terminal];

export const totality: Invariant = invariant(
  "ST-002",
  "every event in every state has its cell, and a channel stays in the states of its role",
  everywhere(({ to }, { role }) => includes(states[role], to)),
);

export const shapeInvariants: readonly Invariant[] = [
  totality,
  invariant(
    "ST-005 ST-002",
    "misuse, and what is impossible, has no other output and changes nothing",
    everywhere((cell, { state }) =>
      has(cell, "misuse") || has(cell, "impossible") ? cell.to === state && cell.outputs.length === 1 : true,
    ),
  ),
  invariant(
    "ST-006 ST-034",
    "a channel never goes back, and never leaves a terminal state",
    everywhere(
      ({ to }, { state }) =>
        to === state || (!includes(terminal, state) && (progress[to] ?? -1) > (progress[state] ?? -1)),
    ),
  ),
  invariant(
    "ST-004",
    "an event says each thing once",
    everywhere(({ outputs }) => new Set(outputs).size === outputs.length),
  ),
  invariant(
    "ST-007",
    "failed is told on the way into Draining, Hiding or Failed, unless the end was told before; and only there",
    everywhere(
      (cell, place) =>
        has(cell, "failed") ===
        (enters(cell, place, ["Draining", "Hiding", "Failed"]) && !includes(wasTold, place.state)),
    ),
  ),
  invariant(
    "ST-007 RC-035",
    "closed is told on the way into Closing, or into Closed when nothing had begun; and only there",
    everywhere(
      (cell, place) =>
        has(cell, "closed") ===
        (enters(cell, place, ["Closing", "Closed"]) && !includes(wasTold, place.state)),
    ),
  ),
  invariant(
    "RC-031 RC-036 AL-017 HS-046",
    "the transport is half-closed when a channel begins to drain, and not before",
    everywhere((cell, place) => has(cell, "endTransport") === enters(cell, place, draining)),
  ),
  invariant(
    "ST-028",
    "the transport is closed when a channel gets to Closed or Failed, and only then",
    everywhere((cell, place) => has(cell, "closeTransport") === enters(cell, place, ended)),
  ),
  invariant(
    "AL-006 HS-046 HS-009",
    "a last word leads to Draining, and nothing leads there without one",
    everywhere(
      (cell, place) =>
        cell.outputs.some((output) => lastWords.test(output)) === enters(cell, place, ["Draining"]),
    ),
  ),
  invariant(
    "AL-006 AL-008",
    "what else there is to say comes before the end is told, and the transport's end comes last",
    everywhere(({ outputs }) => {
      const ranks = outputs.map((output) =>
        includes(["endTransport", "closeTransport"], output)
          ? 2
          : includes(["failed", "closed"], output)
            ? 1
            : 0,
      );
      return ranks.every((rank, i) => i === 0 || (ranks[i - 1] ?? 0) <= rank);
    }),
  ),
  invariant(
    "HS-103",
    "nothing is delivered, and no end of data told, but in an open channel",
    everywhere(
      (cell, { state }) =>
        !["data", "end", "pong"].some((output) => has(cell, output)) || includes(opened, state),
    ),
  ),
];
