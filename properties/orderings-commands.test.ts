/**
 * Why: beyond five steps there are too many orderings to try them all. So longer lives are drawn, in which the
 * application has its say and the clock goes on as well, and races between what is under way are run in any order.
 * Every step is judged as in orderings-stub.test.ts, with real cryptography.
 */
import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import type { Action, EventName, Role, State, Table } from "../src/protocol/machine/table.ts";
import { table as specified } from "../src/protocol/machine/table.ts";
import { states } from "./model/invariants-vocabulary.ts";
import { primitives } from "./model/pair.ts";
import {
  isPossible,
  type Maker,
  type Move,
  moves,
  type Session,
  type Start,
  type Subject,
  step,
  walk,
} from "./orderings/session.ts";
import { starts } from "./orderings/starts.ts";
import { runs, runsFactor } from "./seed.ts";

const maker: Maker = { primitives };

interface Life {
  session: Session;
}

const seen = { states: new Set<string>(), moves: new Map<Move, number>(), longest: 0 };

function note({ start, judge, moves: made }: Session, move: Move): void {
  seen.states.add(`${start.making.role} ${judge.state}`);
  seen.moves.set(move, (seen.moves.get(move) ?? 0) + 1);
  seen.longest = Math.max(seen.longest, made.length);
}

/** One move as a command; which can be made depends on what the peer knows and what is asked for. */
class Make implements fc.Command<Life, Subject> {
  readonly #move: Move;

  constructor(move: Move) {
    this.#move = move;
  }

  check({ session }: Life): boolean {
    return isPossible(session, this.#move);
  }

  run(life: Life, subject: Subject): void {
    const next = step(life.session, subject, this.#move);
    if (next === undefined) throw new Error(`${this.#move} was possible`);
    life.session = next;
    note(next, this.#move);
  }

  toString(): string {
    return this.#move;
  }
}

/** What keeps a connection going comes more often than what ends it. */
const usual: readonly Move[] = [
  ...(["next", "answer", "data", "ping", "pong"] as const),
  ...(["call write", "call ping", "flushed", "late DH", "late decision"] as const),
];
const rare: readonly Move[] = moves.filter((move) => !usual.includes(move));
const drawn = fc.commands(
  [
    ...Array.from({ length: 8 }, () => usual.map((move) => fc.constant(new Make(move)))).flat(),
    ...rare.map((move) => fc.constant(new Make(move))),
  ],
  { maxCommands: 60, size: "max" },
);

const drawnStart = fc.constantFrom(...starts.filter(({ isVariant }) => isVariant !== true));

function live(start: Start, commands: Iterable<fc.Command<Life, Subject>>, made: Maker = maker): void {
  fc.modelRun(() => {
    const { session, subject } = walk(start, made);
    return { model: { session }, real: subject };
  }, commands);
}

describe("SC-008 ST-001: long lives", () => {
  test.prop([drawnStart, drawn], { numRuns: runs(600) })(
    "go as the specification says, whoever does what",
    (start, commands) => live(start, commands),
  );

  it("come through every state, and are made of every move", () => {
    const count = [...seen.moves.values()].reduce((sum, made) => sum + made, 0);
    console.log(`${count} moves, ${seen.states.size} states, ${seen.longest} moves at most in a life`);
    if (runsFactor < 1) return;
    const all = (["client", "server"] as const).flatMap((role) =>
      states[role].map((state) => `${role} ${state}`),
    );
    const missing = all.filter((state) => !seen.states.has(state) && !state.endsWith(" Start"));
    expect(missing).toEqual([]);
    expect(moves.filter((move) => !seen.moves.has(move))).toEqual([]);
    expect(seen.longest).toBeGreaterThan(40);
  });
});

/** The specified life cycle with one cell changed at both ends. */
function changed(state: State, event: EventName, to: State, ...outputs: readonly Action[]): Table {
  const change = (role: Role): Table[Role] => {
    const own: Table[Role] = specified[role];
    return { ...own, [state]: { ...own[state], [event]: { to, outputs } } };
  };
  return { client: change("client"), server: change("server") };
}

describe("SC-008: long lives find", () => {
  it.each<[string, State, Table]>([
    [
      "a write after the own Close",
      "HalfClosedLocal",
      changed("HalfClosedLocal", "write", "HalfClosedLocal", "send.data"),
    ],
    [
      "a second Close",
      "HalfClosedLocal",
      changed("HalfClosedLocal", "close", "HalfClosedLocal", "send.close"),
    ],
    ["an Alert after the Alert", "Draining", changed("Draining", "alert", "Draining", "failed")],
    ["a Ping while one is out", "Open", changed("Open", "ping.misuse", "Open", "send.ping")],
    ["a late DH that is taken", "AwaitResponse", changed("AwaitResponse", "dh.late", "Deciding", "peerKey")],
    [
      "a decision before the Response",
      "AwaitResponse",
      changed("AwaitResponse", "accept", "Open", "send.verdict.accept", "open"),
    ],
    [
      "a handshake deadline that says nothing",
      "Deciding",
      changed("Deciding", "time.handshake", "Failed", "failed"),
    ],
    ["a transport that stays open", "Draining", changed("Draining", "time.drain", "Failed")],
  ])("%s", (_, state, table) => {
    const there = starts.filter((start) => walk(start, maker).session.judge.state === state);
    const lives = fc.property(fc.constantFrom(...there), drawn, (start, commands) =>
      live(start, commands, { primitives, table }),
    );
    expect(fc.check(lives, { numRuns: runs(400), endOnFailure: true }).failed).toBe(true);
  });
});

/** What is under way at once: answers, the peer's next words, the clock, and what may end the connection meanwhile. */
interface Race {
  readonly start: Start;
  readonly peer: readonly Move[];
  readonly meanwhile: readonly Move[];
  /** Whether the deadlines race with all that, or come when nothing else does. */
  readonly isLate: boolean;
}

const named = (name: string): Start => {
  const found = starts.find((start) => start.name === name);
  if (found === undefined) throw new Error(`no start is called ${name}`);
  return found;
};

const races: fc.Arbitrary<Race> = fc.record({
  start: fc.constantFrom(
    ...[
      "client awaiting the Challenge",
      "client awaiting the Challenge, on first use",
      "server awaiting the Hello",
      "server awaiting the Hello, in stealth",
      "server with two keys awaiting the Hello",
      "middlebox awaiting the Hello",
    ].map(named),
  ),
  peer: fc.array(fc.constantFrom<Move>("data", "ping", "close", "alert", "garbage", "end"), { maxLength: 4 }),
  meanwhile: fc.oneof(
    fc.subarray<Move>(["call write", "call close", "call ping", "flushed"]),
    fc.subarray<Move>(["call alert", "call refuse", "call reject", "call close", "reset", "end"], {
      maxLength: 2,
    }),
  ),
  isLate: fc.boolean(),
});

const outcomes = new Map<string, number>();
const late = { DH: 0, decision: 0 };

/** Lets the scheduler decide what comes first, again and again, until nothing is under way. */
async function run(scheduler: fc.Scheduler, { start, peer, meanwhile, isLate }: Race): Promise<Session> {
  let { session, subject } = walk(start, maker);
  const words: Move[] = ["next", "next", ...peer];
  let isClockSet = false;
  const pending: Promise<unknown>[] = [];
  const later = (label: string, act: () => void): void => {
    pending.push(scheduler.schedule(Promise.resolve(), label).then(act));
  };
  const take = (move: Move): void => {
    const asked = session.outputs.length;
    const next = step(session, subject, move);
    if (next === undefined) return;
    session = next;
    for (const { type } of session.outputs.slice(asked)) {
      if (type === "dh") later("DH", answerDh);
      if (type === "peerKey" || type === "route") later("decision", decide);
    }
    setClock();
  };
  const answerDh = (): void => {
    const isAwaited = session.judge.phase === "responding" || session.judge.phase === "openingRoute";
    late.DH += isAwaited ? 0 : 1;
    take(isAwaited ? "answer" : "late DH");
  };
  const decide = (): void => {
    const isAwaited = ["judging", "deciding", "routing"].includes(session.judge.phase);
    late.decision += isAwaited ? 0 : 1;
    take(isAwaited ? "answer" : "late decision");
  };
  /** The deadline is one more thing that may come first. */
  function setClock(): void {
    if (!isLate || isClockSet || !session.judge.isTimed) return;
    isClockSet = true;
    later("deadline", () => {
      isClockSet = false;
      take("deadline");
      setClock();
    });
  }
  /** The peer says its next word once it can be made. */
  const speak = (patience: number): void =>
    later("peer", () => {
      const [word] = words;
      if (word === undefined || patience === 0) return;
      if (isPossible(session, word)) take(words.shift() ?? word);
      speak(patience - 1);
    });
  setClock();
  speak(12);
  for (const move of meanwhile) later(move, () => take(move));
  await scheduler.waitIdle();
  await Promise.all(pending);
  // Nothing is under way: all that is left to come is the deadline, and what it leads to.
  while (session.judge.isTimed) take("deadline");
  return session;
}

describe("SC-008: races", () => {
  test.prop([fc.scheduler(), races], { numRuns: runs(400) })(
    "between answers, the peer, the clock and the application go as the specification says, whoever is first",
    async (scheduler, race) => {
      const { judge } = await run(scheduler, race);
      outcomes.set(judge.state, (outcomes.get(judge.state) ?? 0) + 1);
      expect(["Open", "HalfClosedLocal", "HalfClosedRemote", "Closed", "Failed", "Forwarded"]).toContain(
        judge.state,
      );
    },
  );

  it("were run: answers came too late, and connections opened all the same", () => {
    console.log(`${JSON.stringify(Object.fromEntries(outcomes))}, late: ${JSON.stringify(late)}`);
    if (runsFactor < 1) return;
    expect(late.DH).toBeGreaterThan(10);
    expect(late.decision).toBeGreaterThan(5);
    for (const state of ["Open", "HalfClosedRemote", "Closed", "Failed", "Forwarded"])
      expect(outcomes.get(state) ?? 0, state).toBeGreaterThan(0);
  });
});
