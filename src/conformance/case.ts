import type { Link } from "./run/link.ts";

export type Role = "client" | "server";

/** How the shim that a case needs is configured. */
export interface Setup {
  /** Flags besides those that every case has; one of the same name takes the place of those. */
  readonly flags?: readonly string[];
  /** A client: no expected key. */
  readonly firstUse?: boolean;
  /** A client: a via key that is not the server's. A server: the route is sealed to its key as to a middlebox's. */
  readonly via?: boolean;
  /** A server's long-term keys, by name, newest first. */
  readonly keys?: readonly string[];
  /** The context: what the client asks for. */
  readonly context?: string;
  /** Both directions count from here, in place of 0. */
  readonly counter?: bigint;
  /** Without fixed randomness. */
  readonly fresh?: boolean;
  /** Which of a shim's optional flags the case has: only then it may answer 89 (CF-004). */
  readonly optional?: boolean;
}

/**
 * How the shim has to end the transport.
 *
 * - `drains`: it half-closes, reads on and drops, and closes at the runner's end of file.
 * - `deadline`: it half-closes, and closes at its drain deadline as the runner ends nothing.
 * - `closes`: it closes by itself, at once, and says nothing more.
 * - `follows`: the runner has ended or reset the transport, and the shim closes at once.
 * - `any`: not graded.
 */
export type Closing = "drains" | "deadline" | "closes" | "follows" | "any";

/** How a case has to go. */
export interface Expected {
  /**
   * What the shim prints, `done` left out: `peerKey`, `open`, `end`, `pong:<hex>`, `alert:<code>`, `closed`,
   * `failed:<kind>` or `failed:<kind>:<code>`; `a|b` where both are right.
   */
  readonly prints: readonly string[];
  /** What the shim says on the wire, Data left out, in its order: `hello`, `challenge`, `accept`, `alert:<code>`, … */
  readonly says: readonly string[];
  /** Which Data comes from it: all that it owes (unless given, when it ends cleanly), or as much as it got to. */
  readonly echo?: "all" | "some" | "none";
  readonly closing: Closing;
}

/** One case: a misbehaviour (or a liberty) of the peer, in a state of the role that the shim plays. */
export interface Case {
  /** `role/state/misbehaviour`, which is stable. */
  readonly id: string;
  readonly role: Role;
  readonly state: string;
  readonly misbehaviour: string;
  readonly requirements: readonly string[];
  readonly setup: Setup;
  /** What the peer does; it throws a Deviation where it can't go on. */
  readonly play: (link: Link) => Promise<void> | void;
  /** More than one where the specification leaves more than one open; the first is what is shown. */
  readonly expected: readonly Expected[];
}

/** Makes a case; the identifier comes from its parts. */
export function makeCase(
  role: Role,
  state: string,
  misbehaviour: string,
  requirements: readonly string[] | string,
  rest: {
    readonly setup?: Setup;
    readonly play: Case["play"];
    readonly expected: Expected | readonly Expected[];
  },
): Case {
  return {
    id: `${role}/${state}/${misbehaviour}`,
    role,
    state,
    misbehaviour,
    requirements: typeof requirements === "string" ? requirements.split(" ") : requirements,
    setup: rest.setup ?? {},
    play: rest.play,
    expected: Array.isArray(rest.expected) ? rest.expected : [rest.expected as Expected],
  };
}
