import { type Invariant, impossible, invariant, on } from "./invariants-rule.ts";
import {
  awaitingVerdict,
  beforeChallenge,
  beforeResponse,
  beforeVerdict,
  challenges,
  draining,
  type EventName,
  ended,
  headers,
  nonces,
  opened,
  over,
  records,
  responses,
  routes,
  type State,
  states,
  verdicts,
  waiting,
} from "./invariants-vocabulary.ts";

/** Where events can arise at all: by what an end listens to in each state. */
export interface Arising {
  readonly ids: string;
  readonly says: string;
  readonly events: readonly EventName[];
  /** The states in which they arise. In all others they are impossible. */
  readonly in: readonly State[];
}

export const arisings: readonly Arising[] = [
  {
    ids: "HS-049 ST-026",
    says: "98 bytes are a Challenge, and 8 at the end of file a hint, only where a Challenge is awaited",
    events: [...challenges, "eof.hint"],
    in: ["AwaitChallenge"],
  },
  {
    ids: "HS-091 HS-098",
    says: "one record is read under the verdict key, where the Verdict is awaited",
    events: verdicts,
    in: awaitingVerdict,
  },
  {
    ids: "HS-007",
    says: "a header begins a Hello, and the Hello is the first message",
    events: headers,
    in: ["AwaitHello"],
  },
  {
    ids: "HS-035 RT-010",
    says: "whom a Hello is for is known from the DH of the server's key",
    events: routes,
    in: ["OpeningRoute"],
  },
  {
    ids: "RT-020 RT-023",
    says: "a server hides before a route has opened, and not afterwards",
    events: ["hello.hidden"],
    in: ["AwaitHello", "OpeningRoute"],
  },
  {
    ids: "HS-075",
    says: "96 bytes are a Response only where one is awaited",
    events: responses,
    in: ["AwaitResponse"],
  },
  {
    ids: "HS-088 RC-011",
    says: "records are opened under the transport keys in an open channel alone",
    events: records,
    in: opened,
  },
  {
    ids: "RC-006 RC-007",
    says: "2^64 nonces are not used up before a channel is open, nor after its end",
    events: nonces,
    in: opened,
  },
  {
    ids: "ST-008 ST-027",
    says: "bytes are mere input where no message is made of them",
    events: ["input"],
    in: [...waiting, ...over],
  },
  {
    ids: "HS-067 HS-037",
    says: "a key holder's answer counts where it was asked; anywhere else it is late",
    events: ["dh.done", "dh.failed"],
    in: ["Responding", "OpeningRoute"],
  },
  {
    ids: "HS-119 RT-022",
    says: "one deadline runs from the start to the end of the handshake, and in hiding",
    events: ["time.handshake"],
    in: [
      "AwaitChallenge",
      "Judging",
      "Responding",
      ...awaitingVerdict,
      ...beforeChallenge,
      ...beforeVerdict,
      "Hiding",
    ],
  },
  {
    ids: "RC-047",
    says: "liveness is watched in an open channel alone",
    events: ["time.ping", "time.liveness"],
    in: opened,
  },
  {
    ids: "ST-028 ST-035 ST-036",
    says: "only draining ends by its deadline, or by being done",
    events: ["time.drain", "drained"],
    in: draining,
  },
  {
    ids: "ST-027",
    says: "where input is dropped or passed on at once, none is left that an end of file could cut",
    events: ["eof.partial"],
    in: [...beforeResponse, ...awaitingVerdict, ...beforeChallenge, ...beforeVerdict, ...opened],
  },
];

/** Kinds of a call that nothing can make in some states; the table says of them there what it says of the call. */
export const idle: readonly Arising[] = [
  {
    ids: "ST-020",
    says: "before Open no Ping is outstanding, and in few states an end of file leaves the channel where it is",
    events: ["ping.misuse"],
    in: ["Judging", "Responding", "Deciding", "Forwarded", ...opened, ...draining, ...ended],
  },
];

/** Why an event can't arise in a state, if it can't. */
export function whyNot(state: string, event: string): Arising | undefined {
  const names = (list: readonly string[], name: string) => list.includes(name);
  return [...arisings, ...idle].find((arising) => names(arising.events, event) && !names(arising.in, state));
}

function otherStates(these: readonly State[]): State[] {
  const all = [...new Set([...states.client, ...states.server])] as State[];
  return all.filter((state) => !these.includes(state));
}

export const arisingInvariants: readonly Invariant[] = arisings.map(({ ids, says, events, in: these }) =>
  invariant(ids, says, on(events, otherStates(these)).is(impossible)),
);
