import type {
  GiverEvent,
  GiverState,
  HandOverTable,
  TakerEvent,
  TakerState,
} from "../../src/protocol/transfer/hand-over-table.ts";

export interface Tables {
  readonly giver: HandOverTable<GiverState, GiverEvent>;
  readonly taker: HandOverTable<TakerState, TakerEvent>;
}

type Message = "Offer" | "Go" | "Ack" | "Refuse" | "Done";

interface TakerSide {
  readonly state: TakerState;
  readonly alive: boolean;
  /** The link to it stands. */
  readonly linked: boolean;
  /** The giver was told, or has found out. */
  readonly noticed: boolean;
  /** What is on its way to it, and from it. */
  readonly to: readonly Message[];
  readonly from: readonly Message[];
  /** It has a blob, or the channel that was made of it. */
  readonly has: boolean;
}

/** One giver, the takers that it offers its session to in their order, and what is on its way. */
interface Situation {
  readonly giver: GiverState;
  readonly giverAlive: boolean;
  readonly has: boolean;
  readonly lost: boolean;
  /** How many takers it has turned to. */
  readonly turned: number;
  readonly takers: readonly TakerSide[];
  /** How often a session was started: a number of channels that could seal. */
  readonly started: number;
}

const fresh: TakerSide = {
  state: "Waiting",
  alive: true,
  linked: true,
  noticed: false,
  to: [],
  from: [],
  has: false,
};

/**
 * Tries every order in which messages, deaths and calls can come, and gives what is wrong in any situation: nothing, where
 * a session is with one at a time, and never with nobody without that being said.
 *
 * @param takers how many there are
 */
export function explore({ giver, taker }: Tables, takers: number): { situations: number; faults: string[] } {
  const start: Situation = {
    giver: "Holding",
    giverAlive: true,
    has: true,
    lost: false,
    turned: 0,
    takers: Array.from({ length: takers }, () => fresh),
    started: 0,
  };
  const known = new Map([[JSON.stringify(start), start]]);
  const faults = new Set<string>();
  for (const situation of known.values()) {
    const { progress, accidents } = steps(situation, { giver, taker }, faults);
    judge(situation, progress.length === 0, faults);
    for (const one of [...progress, ...accidents]) known.set(JSON.stringify(one), one);
    if (known.size > 200_000) throw new Error("more situations than there can be");
  }
  return { situations: known.size, faults: [...faults] };
}

/** @param isQuiet nothing more happens unless somebody dies or the session ends */
function judge(situation: Situation, isQuiet: boolean, faults: Set<string>): void {
  const { giver, giverAlive, has, lost, takers, started } = situation;
  const running = takers.filter(({ state }) => state === "Running" || state === "Over").length;
  const here = giverAlive && giver === "Kept" ? 1 : 0;
  if (running + here > 1 || started > 1) faults.add("two go on with one session");
  if (giver === "Given" && has) faults.add("a giver that has said Go has the keys");
  if (running > 0 && started === 0) faults.add("a taker takes for running what was never started");
  if (has && running > 0) faults.add("a session goes on while its giver has it");
  if (here === 1 && takers.some((one) => one.alive && one.has)) faults.add("a giver keeps what a taker has");
  if (!isQuiet || !giverAlive) return;
  const isSomewhere =
    (has && (giver === "Holding" || giver === "Kept")) ||
    giver === "Dropped" ||
    takers.some(({ alive, state }) => alive && (state === "Running" || state === "Over"));
  const wasDone = giver === "Over";
  if (!isSomewhere && !lost && !wasDone) faults.add(`nobody has the session and nobody says so: ${giver}`);
  if (lost && takers.some(({ alive, state }) => alive && state === "Running"))
    faults.add("said to be lost, and lives");
  if (takers.some((one) => one.alive && one.has && one.state === "Held"))
    faults.add("a taker waits for ever");
}

/** All situations that can come next: what has to happen sooner or later, and what may. */
function steps(
  now: Situation,
  { giver, taker }: Tables,
  faults: Set<string>,
): { progress: Situation[]; accidents: Situation[] } {
  const next: Situation[] = [];
  const accidents: Situation[] = [];
  const withTaker = (from: Situation, i: number, change: Partial<TakerSide>): Situation => ({
    ...from,
    takers: from.takers.map((one, at) => (at === i ? { ...one, ...change } : one)),
  });

  const giverStep = (from: Situation, event: GiverEvent): Situation => {
    const cell = giver[from.giver][event];
    let then: Situation = { ...from, giver: cell.to };
    for (const action of cell.outputs) {
      const at = then.turned - 1;
      const { to = [], alive = false, linked = false } = then.takers[at] ?? {};
      if (action === "send.Offer" && !then.has) faults.add("an Offer without a blob");
      if ((action === "send.Offer" || action === "send.Go") && alive && linked)
        then = withTaker(then, at, { to: [...to, action.slice(5) as Message] });
      if (action === "wipe") then = { ...then, has: false };
      if (action === "back") then = { ...then, started: then.started + 1 };
      if (action === "lost") then = { ...then, lost: true };
      if (action === "fault") faults.add(`the giver takes ${event} in ${from.giver} for a fault`);
    }
    return then;
  };

  const takerStep = (from: Situation, i: number, event: TakerEvent): Situation => {
    const one = from.takers[i] as TakerSide;
    const cell = taker[one.state][event];
    let then = withTaker(from, i, { state: cell.to, has: one.has || event === "Offer" });
    for (const action of cell.outputs) {
      const { from: said, linked } = then.takers[i] as TakerSide;
      if (action.startsWith("send.") && linked)
        then = withTaker(then, i, { from: [...said, action.slice(5) as Message] });
      if (action === "wipe") then = withTaker(then, i, { has: false });
      if (action === "run") {
        if (!(then.takers[i] as TakerSide).has) faults.add("Go without a session");
        then = { ...then, started: then.started + 1 };
      }
      if (action === "fault") faults.add(`a taker takes ${event} in ${one.state} for a fault`);
    }
    return then;
  };

  if (now.giverAlive) {
    if (now.giver === "Holding") {
      if (now.turned < now.takers.length) next.push(giverStep({ ...now, turned: now.turned + 1 }, "offer"));
      next.push(giverStep(now, "keep"), giverStep(now, "drop"));
    }
    accidents.push({ ...now, giverAlive: false });
  }
  now.takers.forEach((one, i) => {
    const dead = withTaker(now, i, { alive: false, to: [] });
    if (one.alive) accidents.push(dead, withTaker(now, i, { linked: false }));
    // TR-049.
    if (one.alive && !one.linked && now.giverAlive && i === now.turned - 1) next.push(dead);
    // TR-055: what came over that link is not read any more.
    if (!one.linked && now.giverAlive && now.giver === "Offered" && i === now.turned - 1)
      next.push(giverStep(withTaker(now, i, { from: [], noticed: true }), "drop"));
    const [message, ...later] = one.to;
    if (one.alive && message !== undefined) {
      const rest = withTaker(now, i, { to: later });
      const events: TakerEvent[] = message === "Offer" ? ["Offer", "Offer.bad", "Offer.full"] : ["Go"];
      for (const event of events) next.push(takerStep(rest, i, event));
    }
    if (one.alive && one.state === "Running") accidents.push(takerStep(now, i, "done"));
    // The end of the link, or of the giver, is learnt once all that came over it has been read.
    if (
      one.alive &&
      !(now.giverAlive && one.linked) &&
      one.to.length === 0 &&
      ["Waiting", "Held"].includes(one.state)
    )
      next.push(takerStep(now, i, "gone"));
    if (!now.giverAlive) return;
    const [said, ...more] = one.from;
    if (said !== undefined) next.push(giverStep(withTaker(now, i, { from: more }), said as GiverEvent));
    // TR-044: a taker's, too.
    if (!one.alive && !one.noticed && one.from.length === 0 && i === now.turned - 1)
      next.push(giverStep(withTaker(now, i, { noticed: true }), "died"));
  });
  return { progress: next, accidents };
}
