/**
 * Every ordering of what can come to an end, as a tree: from where a start leads to, each kind at each place, and
 * whatever was asked for answered at each place or not yet.
 *
 * Where nothing that comes makes a difference any more, one step of each kind is taken and no further: after the end;
 * after the transport's end; inside a record so long that all that could still come is swallowed by it; and behind
 * input that waits for an answer and will end the connection once it is judged. Since none of these steps changes
 * anything but how much is held, one channel serves for all of them in turn.
 */
import { type Kind, kinds, type Made, make, type Peer } from "./peer.ts";
import {
  type Maker,
  Misjudged,
  type Move,
  replay,
  type Session,
  type Start,
  type Subject,
  step,
  walk,
} from "./session.ts";

/** What comes from the peer's side: everything that a peer can say, and the end of the transport. */
const peerKinds = Object.keys(kinds) as readonly Kind[];
const endings = ["end", "reset"] as const;
export const comes: readonly Move[] = [...peerKinds, ...endings];

/** How much was tried. */
export interface Count {
  /** Orderings whose last step was judged, by their length in what came. */
  readonly orderings: number[];
  /** Steps judged, the answers and the steps after the end among them. */
  steps: number;
  /** By role, the states that were seen. */
  readonly states: Set<string>;
  /** How often each kind could be tried. */
  readonly kinds: Map<Move, number>;
}

export function newCount(): Count {
  return { orderings: [], steps: 0, states: new Set(), kinds: new Map() };
}

/** Explores all orderings of up to `depth` from a start; throws what {@link step} throws. */
export function explore(start: Start, depth: number, maker: Maker, count: Count): void {
  const { session, subject } = walk(start, maker);
  visit(session, subject, depth, 0);

  /** The channel is at the session, and may be used up. */
  function visit(at: Session, here: Subject, left: number, length: number): void {
    count.states.add(`${at.start.making.role} ${at.judge.state}`);
    const isInert = at.judge.isOver || at.judge.ended || isDoomed(at, left);
    if (at.judge.waits) grow(at, "answer", replay(at, maker), left, length);
    if (isInert) {
      eachInTurn(at, here);
      return;
    }
    let next: Subject | undefined = here;
    for (const kind of left > 0 ? comes : []) {
      if (!isPossible(at.peer, kind)) continue;
      grow(at, kind, next ?? replay(at, maker), left - 1, length + 1);
      next = undefined;
    }
  }

  /** The channel is at the session. */
  function grow(at: Session, move: Move, subject: Subject, left: number, length: number): void {
    const child = step(at, subject, move);
    if (child === undefined) throw new Error(`${move} was possible`);
    noted(move);
    if (move !== "answer") count.orderings[length] = (count.orderings[length] ?? 0) + 1;
    visit(child, subject, left, length);
  }

  function noted(move: Move): void {
    count.steps++;
    count.kinds.set(move, (count.kinds.get(move) ?? 0) + 1);
  }

  function answered(at: Session, subject: Subject): Session {
    let session = at;
    while (session.judge.waits) {
      const next = step(session, subject, "answer");
      if (next === undefined) throw new Error("what waits can be answered");
      session = next;
    }
    return session;
  }

  /** One step of each kind, all on one channel. What the peer says is said in vain, and each time from where it was. */
  function eachInTurn(at: Session, here: Subject): void {
    let session: Session = { ...at, judge: at.judge.copy() };
    for (const kind of peerKinds) {
      const made = make(at.peer, kind);
      if (made === undefined) continue;
      noted(kind);
      if (isMute(at)) heldOrDropped(session, here, kind, made);
      else session = { ...(step(session, here, kind) ?? session), peer: at.peer };
    }
    if (!at.judge.isOver && !at.judge.ended) session = answered(session, here);
    for (const ending of endings) {
      session = step(session, here, ending) ?? session;
      noted(ending);
      count.states.add(`${at.start.making.role} ${session.judge.state}`);
    }
  }
}

/** Whether what is held ends the connection, or takes in all that could follow. */
function isDoomed({ judge, peer }: Session, left: number): boolean {
  const then = judge.copy();
  if (then.held.length > 0) while (then.waits) then.answer(peer.said);
  return then.isOver || (left > 0 && (then.missing ?? 0) > left * longest(peer));
}

/** The most bytes that one step can bring from here on. */
function longest(peer: Peer): number {
  return Math.max(...peerKinds.map((kind) => make(peer, kind)?.bytes.length ?? 0));
}

/** Whatever comes is held or dropped, and there is nothing else to look at. */
function isMute({ judge }: Session): boolean {
  return (judge.waits || judge.isOver) && judge.phase !== "forwarded" && !judge.ended;
}

function heldOrDropped(session: Session, { channel }: Subject, kind: Kind, { bytes, peer }: Made): void {
  const { state, deadline } = channel;
  const expected = session.judge.receive(bytes, peer.said);
  const came = channel.receive(bytes);
  const isSame = channel.state === state && channel.deadline === deadline && state === session.judge.state;
  if (came.length + expected.length > 0 || !isSame)
    throw new Misjudged(session, kind, `is not held or dropped in ${state}`);
}

function isPossible(peer: Peer, move: Move): boolean {
  return !(move in kinds) || make(peer, move as Kind) !== undefined;
}
