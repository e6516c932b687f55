import type { Own } from "../report/table.ts";
import type { Setting } from "./setting.ts";
import { connections, crowded, handoffs } from "./works.ts";

/** A way to be a server. */
export interface Way {
  /** As `--peers` has it. */
  readonly id: string;
  /** As the tables have it. */
  readonly name: string;
  /** The program that is started first, beside this one, and starts the others. */
  readonly program: "server-in-one" | "admin" | "terminator";
  readonly setting: Pick<Setting, "isNative" | "link">;
  /** Whether an agent has the key. It has to do with handshakes alone, and so have the works that it takes part in. */
  readonly hasAgent: boolean;
}

const plain = { isNative: true, link: "tcp" } as const;

/** All there are, in the order of the tables. */
export const ways: readonly Way[] = [
  way("one", "in one process", "server-in-one"),
  way("three", "in three", "admin"),
  way("three-tight", "in three, workers without native code", "admin", { isNative: false }),
  way("terminator-unix", "terminator, in the clear over unix sockets", "terminator", { link: "unix" }),
  way("terminator-tcp", "terminator, in the clear over loopback", "terminator"),
  { ...way("one-agent", "in one process, key at an agent", "server-in-one"), hasAgent: true },
  { ...way("three-agent", "in three, key at an agent", "admin"), hasAgent: true },
];

/** Whom the tables compare with, and what all of it is beside. */
export const own: Own = { id: "three", name: "in three" };
export const baseId = "one";

const ofHandshakes: ReadonlySet<string> = new Set([connections, crowded, handoffs].map(({ id }) => id));

export function takesPart({ hasAgent }: Way, work: { readonly id: string }): boolean {
  return !hasAgent || ofHandshakes.has(work.id);
}

function way(id: string, name: string, program: Way["program"], setting: Partial<Way["setting"]> = {}): Way {
  return { id, name, program, setting: { ...plain, ...setting }, hasAgent: false };
}
