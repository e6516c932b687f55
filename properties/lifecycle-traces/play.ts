import type { ClientChannel, ServerChannel } from "../../src/protocol/index.ts";
import { absorb, newPair, primitives, takeSent, testClient, testServer } from "../model/pair.ts";
import { attack } from "./attacker.ts";
import { End, impossible } from "./end.ts";
import type { Happening, History } from "./history.ts";
import { type Implementation, rude } from "./mutants.ts";
import { Records } from "./records.ts";
import type { Did, EndStep, Side, Trace } from "./trace.ts";
import { Transport } from "./transport.ts";

/** What the steps of a trace have made of two ends. */
export interface Played {
  /** What was done in each step, in the words of the trace; an attacker does nothing that is told here. */
  readonly did: readonly (Did | typeof impossible)[];
  readonly history: History;
  /** Lets both ends come to their end by themselves, and adds it to the history. */
  finish(): void;
}

export type Play = Pick<Trace, "defines" | "steps">;

/** Runs the steps of a trace on two real ends, whose client has just sent its Response. */
export function play({ steps, defines }: Play, implementation: Implementation): Played {
  const history: Happening[] = [];
  const transport = new Transport();
  const records = new Records();
  const rudeSides = steps.flatMap(({ actor, action }) => (action === "rude" ? [actor] : []));

  const options = (side: Side) => {
    const clock = { now: 0 };
    const { table, drainTimeout, primitives: wrap = (same) => same } = implementation;
    const watched = records.watch(wrap(primitives), (record) => {
      history.push({ who: side, did: "opened", record });
      ends[side].opened(record.name);
    });
    return {
      clock,
      primitives: watched,
      ...(rudeSides.includes(side) ? { table: rude(table) } : table === undefined ? {} : { table }),
      ...(drainTimeout === undefined ? {} : { drain: { timeout: drainTimeout } }),
    };
  };
  const end = (side: Side, channel: ClientChannel | ServerChannel, { clock }: ReturnType<typeof options>) => {
    const { driver: faults = {} } = implementation;
    return new End(channel, { side, clock, transport, records, faults, tell: (told) => history.push(told) });
  };

  const own = { client: options("client"), server: options("server") };
  const pair = newPair(testClient(own.client), testServer(own.server));
  const ends = {
    client: end("client", pair.client.channel, own.client),
    server: end("server", pair.server.channel, own.server),
  };
  absorb(pair.server, pair.server.channel.receive(takeSent(pair.client)));
  absorb(pair.client, pair.client.channel.receive(takeSent(pair.server)));
  transport.send("client", records.sealed("response", takeSent(pair.client)));
  for (const { channel } of Object.values(pair)) channel.flushed();

  const did = steps.map((step) => {
    if (step.actor !== "attacker") return ends[step.actor].take(step);
    history.push({ who: "attacker", did: "acted" });
    return attack(step, transport, records) ? {} : impossible;
  });
  const deadlines = defines["DEADLINES"] !== 0 || (defines["BUDGET"] ?? 0) > 0;
  return { did, history, finish: () => finish(ends, deadlines, (told) => history.push(told)) };
}

type Action = EndStep["action"];

/**
 * What happens by itself before what applications do where nothing more comes; the worst first: a reset destroys what
 * has not been read, and an answer waits as long as it can.
 */
const toTheEnd: readonly Action[] = ["reset", "drained", "receive", "accept", "flushed", "close"];

/** Step by step, until both ends are over or nothing can happen any more. */
function finish(
  ends: Readonly<Record<Side, End>>,
  deadlines: boolean,
  tell: (told: Happening) => void,
): void {
  const isStep = (action: Action, side: Side) => {
    const did = ends[side].take({ action });
    if (did === impossible) return false;
    return (action !== "accept" && action !== "close") || did.sends !== undefined;
  };
  const actions = deadlines ? ([...toTheEnd, "deadline"] as const) : toTheEnd;
  const advance = () => actions.some((action) => isStep(action, "client") || isStep(action, "server"));
  for (let left = 100; left > 0 && advance(); left--);
  if (!ends.client.isOver || !ends.server.isOver) tell({ who: "both", did: "got stuck" });
}
