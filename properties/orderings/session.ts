/**
 * One end under test with its peer and its judge. A session is a value: a step on a channel that stands where the
 * session does gives the next session, and any session's channel can be had again by the calls that led to it.
 */
import type { Primitives } from "../../src/crypto/primitives.ts";
import {
  ClientChannel,
  type KeyHolder,
  type Output,
  ServerChannel,
  UsageError,
} from "../../src/protocol/index.ts";
import { table as specified, type Table } from "../../src/protocol/machine/table.ts";
import { checkTrace } from "../model/trace.ts";
import { ascii } from "../reference/primitives.ts";
import { CODES } from "../reference/talk.ts";
import { Judge } from "./judge.ts";
import type { Making } from "./judged-end.ts";
import {
  context,
  type Kind,
  keyName,
  kinds,
  make,
  newPeer,
  noise,
  type Peer,
  pingBody,
  read,
  secrets,
  type Wish,
} from "./peer.ts";

export type AnyChannel = ClientChannel | ServerChannel;

/** How an end is made, and the steps that lead to where the orderings begin. */
export interface Start {
  readonly name: string;
  readonly making: Making;
  readonly wish?: Wish;
  readonly path: readonly Move[];
  /** The driver never hands over what is transmitted; otherwise it does at once, and says so. */
  readonly stalls?: boolean;
  /** It differs from another start of the same state in a detail. */
  readonly isVariant?: boolean;
}

/** What the application and the world around do, besides what comes from the peer. */
type Doing = keyof typeof doings;
export type Move = Kind | Doing;

/** What channels are made of; tests of the judge put something broken here. */
export interface Maker {
  readonly primitives: Primitives;
  readonly table?: Table;
}

/** A channel, with the clock that it looks at. */
export interface Subject {
  readonly channel: AnyChannel;
  readonly clock: { now: number };
}

const holderNames = ["client", "server", "newer", "other"] as const;
type Holders = Readonly<Record<(typeof holderNames)[number], KeyHolder>>;
const holdersOf = new WeakMap<Primitives, Holders>();

/** The same ones every time: a channel knows its key holders by identity. */
function holders(primitives: Primitives): Holders {
  const made =
    holdersOf.get(primitives) ??
    (Object.fromEntries(
      holderNames.map((name): [string, KeyHolder] => [
        name,
        {
          publicKey: primitives.x25519PublicKey(secrets[name]),
          dh: (publicKey) => primitives.x25519(secrets[name], publicKey),
        },
      ]),
    ) as unknown as Holders);
  holdersOf.set(primitives, made);
  return made;
}

function newSubject({ making }: Start, { primitives, table = specified }: Maker): Subject {
  const clock = { now: 0 };
  const keys = holders(primitives);
  let drawn = 100;
  const common = {
    primitives,
    now: () => clock.now,
    randomBytes: (length: number) => noise(length, drawn++),
  };
  const internals = { table, firstNonces: { client: 0n, server: 0n } };
  if (making.role === "client") {
    const expected = making.firstUse === true ? {} : { serverKey: keys.server.publicKey };
    const options = { ...common, ...expected, keyHolder: keys.client, context };
    return { channel: new ClientChannel(options, internals), clock };
  }
  const { keys: names = ["server"], stealth = false, routes = false } = making;
  const keyHolders = names.map((name) => keys[name]);
  const options = { ...common, keyHolders, stealth, routes, contexts: [context] };
  return { channel: new ServerChannel(options, internals), clock };
}

/** One call, as it can be made again on another channel. */
type Call = (subject: Subject) => Output[];

export interface Session {
  readonly start: Start;
  readonly moves: readonly Move[];
  readonly calls: readonly Call[];
  readonly outputs: readonly Output[];
  readonly peer: Peer;
  readonly judge: Judge;
}

export function newSession(start: Start): Session {
  const { making, wish } = start;
  const judge = new Judge(making);
  return { start, moves: [], calls: [], outputs: [], peer: newPeer(making.role, wish), judge };
}

/** A channel that stands where the session does. */
export function replay({ start, calls }: Session, maker: Maker): Subject {
  const subject = newSubject(start, maker);
  for (const call of calls) tryTo(call, subject);
  return subject;
}

function tryTo(call: Call, subject: Subject): Output[] | "misuse" {
  try {
    return call(subject);
  } catch (error) {
    if (error instanceof UsageError) return "misuse";
    throw error;
  }
}

/** What becomes of a move: the call, the peer that has made it, and what the judge expects. */
interface Planned {
  readonly call: Call;
  readonly peer: Peer;
  readonly expected: readonly string[];
}
type Plan = (session: Session, judge: Judge) => Omit<Planned, "peer"> | undefined;

const asClient = ({ channel }: Subject) => channel as ClientChannel;
const asServer = ({ channel }: Subject) => channel as ServerChannel;

/** The answer to what the channel has asked for. */
function answer({ outputs }: Session, { phase }: Judge): Call {
  switch (phase) {
    case "start":
      return (subject) => asClient(subject).start();
    case "judging":
      return (subject) => asClient(subject).trust();
    case "deciding":
      return (subject) => asServer(subject).accept();
    case "routing":
      return (subject) => asServer(subject).forward();
    default: {
      const asked = outputs.findLast((output) => output.type === "dh");
      if (asked?.type !== "dh") throw new Error("nobody was asked for a DH");
      return ({ channel }) => {
        const output = asked.keyHolder.dh(asked.publicKey);
        if (output instanceof Promise) throw new Error("test keys answer at once");
        return channel.dhDone(asked.keyHolder, output);
      };
    }
  }
}

const doings = {
  /** Whoever was asked answers, for good: a key holder, the application; a client that was not started is. */
  answer: (session, judge) =>
    judge.waits ? { call: answer(session, judge), expected: judge.answer(session.peer.said) } : undefined,
  deadline: (_session, judge) =>
    judge.isTimed
      ? {
          call: ({ channel, clock }) => {
            clock.now = channel.deadline ?? Number.NaN;
            return channel.tick();
          },
          expected: judge.deadline(),
        }
      : undefined,
  "call close": (_session, judge) => ({ call: ({ channel }) => channel.close(), expected: judge.close() }),
  "call alert": (_session, judge) => ({
    call: ({ channel }) => channel.alert("cancelled", "enough"),
    expected: judge.giveUp("cancelled"),
  }),
  "call write": (_session, judge) => ({
    call: ({ channel }) => channel.write(ascii("mine")),
    expected: judge.write("mine"),
  }),
  "call ping": (_session, judge) => ({
    call: ({ channel }) => channel.ping(pingBody),
    expected: judge.ping("8 bytes!"),
  }),
  "call refuse": ({ start }, judge) =>
    start.making.role === "client"
      ? undefined
      : { call: (subject) => asServer(subject).refuse("busy", "full"), expected: judge.refuse("busy") },
  "call reject": ({ start }, judge) =>
    start.making.role === "server"
      ? undefined
      : { call: (subject) => asClient(subject).reject(), expected: judge.reject() },
  /** A key holder answers, and nothing waits for it any more. */
  "late DH": ({ outputs }, judge) => {
    const asked = outputs.findLast((output) => output.type === "dh");
    if (asked?.type !== "dh" || judge.phase === "responding" || judge.phase === "openingRoute")
      return undefined;
    const { keyHolder } = asked;
    return { call: ({ channel }) => channel.dhDone(keyHolder, new Uint8Array(32).fill(9)), expected: [] }; // ST-016
  },
  /** The application decides, and nothing waits for it any more, or yet. */
  "late decision": ({ start }, judge) => {
    if (judge.phase === "judging" || judge.phase === "deciding") return undefined;
    const isClient = start.making.role === "client";
    const call: Call = (subject) => (isClient ? asClient(subject).trust() : asServer(subject).accept());
    return { call, expected: ["misuse"] }; // ST-016
  },
  flushed: (_session, judge) => ({ call: ({ channel }) => channel.flushed(), expected: judge.flushed() }),
  end: ({ peer }, judge) => ({
    call: ({ channel }) => channel.transportEnded(),
    expected: judge.end(peer.said),
  }),
  reset: (_session, judge) => ({
    call: ({ channel }) => channel.transportFailed(new Error("reset")),
    expected: judge.reset(),
  }),
} as const satisfies Record<string, Plan>;

/** All moves there are. */
export const moves: readonly Move[] = [
  ...(Object.keys(kinds) as Kind[]),
  ...(Object.keys(doings) as Doing[]),
];

function isDoing(move: Move): move is Doing {
  return move in doings;
}

/** Whether the move can be made here. */
export function isPossible(session: Session, move: Move): boolean {
  return plan(session, move, session.judge.copy()) !== undefined;
}

function plan(session: Session, move: Move, judge: Judge): Planned | undefined {
  const { peer } = session;
  if (isDoing(move)) {
    const planned = doings[move](session, judge);
    return planned && { ...planned, peer };
  }
  const made = make(peer, move);
  if (made === undefined) return undefined;
  const expected = judge.receive(made.bytes, made.peer.said);
  // Bytes that the channel does not take were not said.
  const isTaken = expected[0] !== "misuse";
  return { call: ({ channel }) => channel.receive(made.bytes), peer: isTaken ? made.peer : peer, expected };
}

/** Outputs in the judge's words; the peer that has heard them. */
function describe(outputs: readonly Output[], from: Peer): { readonly said: string[]; readonly peer: Peer } {
  let peer = from;
  const said = outputs.map((output) => {
    switch (output.type) {
      case "transmit": {
        const heard = read(peer, output.bytes);
        peer = heard.peer;
        return heard.said;
      }
      case "dh":
        return `dh ${keyName(output.keyHolder.publicKey)}`;
      case "route":
        return `route ${keyName(output.serverKey)}`;
      case "forward":
        return `forward ${output.bytes.length}`;
      case "peerKey":
        return `peerKey ${keyName(output.publicKey)}`;
      case "data":
        return `data ${new TextDecoder().decode(output.bytes)}`;
      case "alert":
        return `alert ${output.code} ${output.message}`;
      case "failed":
        return `failed ${output.failure.code} ${output.failure.requirement}`;
      default:
        return output.type;
    }
  });
  return { said, peer };
}

/** What the end did is not what the specification says. */
export class Misjudged extends Error {
  readonly moves: readonly Move[];

  constructor({ start, moves }: Session, move: Move, what: string) {
    super(`${start.name}, ${[...moves, move].join(" ")}: ${what}`);
    this.moves = [...moves, move];
  }
}

/**
 * One move, judged: what came out of it, the state it led to, whether a clock runs there, and the rules of any run.
 * `undefined` where the move can't be made here. The channel has to stand where the session does.
 */
export function step(session: Session, subject: Subject, move: Move): Session | undefined {
  const judge = session.judge.copy();
  const planned = plan(session, move, judge);
  if (planned === undefined) return undefined;
  const calls = [...session.calls, planned.call];
  const outputs = tryTo(planned.call, subject);
  let came = outputs === "misuse" ? [] : outputs;
  const expected = [...planned.expected];
  if (session.start.stalls !== true && judge.unflushed) {
    calls.push(({ channel }) => channel.flushed());
    came = [...came, ...subject.channel.flushed()];
    expected.push(...judge.flushed());
  }
  const { said, peer } = describe(came, planned.peer);
  if (outputs === "misuse") said.unshift("misuse");
  const { channel } = subject;
  const wrong = (what: string) => new Misjudged(session, move, what);
  if (said.join("; ") !== expected.join("; "))
    throw wrong(`said "${said.join("; ")}" in the place of "${expected.join("; ")}"`);
  if (channel.state !== judge.state) throw wrong(`is in ${channel.state}, not in ${judge.state}`);
  if ((channel.deadline !== undefined) !== judge.isTimed) throw wrong(`the deadline is ${channel.deadline}`);
  if ((channel.channelBinding !== undefined) !== judge.isOpen) throw wrong("a channel binding before open");
  checkAlert(came, said, wrong);
  const all = came.length === 0 ? session.outputs : [...session.outputs, ...came];
  // The rules of any run see no more than outputs and the state that they tell of.
  if (came.length > 0 || judge.state !== session.judge.state)
    checkTrace(session.start.making.role, channel, all);
  return { start: session.start, moves: [...session.moves, move], calls, outputs: all, peer, judge };
}

/** A failure names the alert that was said because of it, and no other. */
function checkAlert(
  outputs: readonly Output[],
  said: readonly string[],
  wrong: (what: string) => Error,
): void {
  const failed = outputs.find((output) => output.type === "failed");
  if (failed?.type !== "failed") return;
  const word = said.join(" ").match(/Alert (\w+)|Challenge ([1-9]\d*)/);
  const sent = word?.[1] === undefined ? Number(word?.[2]) : CODES[word[1] as keyof typeof CODES];
  const { alertSent } = failed.failure;
  // What the peer can't read says nothing about its code.
  if (said.some((one) => one.endsWith(" bytes"))) return;
  if (alertSent !== (word === null ? undefined : sent)) throw wrong(`tells of the alert ${alertSent}`);
}

/** The session after moves that all can be made, and its channel. */
export function walk(start: Start, maker: Maker, moves: readonly Move[] = start.path) {
  const subject = newSubject(start, maker);
  let session = newSession(start);
  for (const move of moves) {
    const next = step(session, subject, move);
    if (next === undefined) throw new Error(`${start.name}: ${move} can't be made`);
    session = next;
  }
  return { session, subject };
}
