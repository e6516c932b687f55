import { readdirSync, readFileSync } from "node:fs";

/** The counterexamples of the life-cycle model, as spec/model/lifecycle/README.md describes them. */

export type Side = "client" | "server";

/** A ciphertext as the model knows it: whose key, which nonce; and what was sealed there. */
export interface RecordName {
  readonly key: Side | "verdict" | "response";
  readonly nonce: number;
  readonly type?: string;
  readonly code?: string;
  readonly value?: number;
  readonly tampered?: true;
}

export interface EndName {
  readonly end: "boundary" | "inside a record";
}

export type Outcome = "clean" | "truncated" | "abandoned" | "alerted" | "alert received" | "malformed alert";

/** What an end did in one step. */
export interface Did {
  readonly sends?: readonly RecordName[];
  readonly delivers?: RecordName;
  readonly reports?: Outcome;
  readonly transport?: "half-closed" | "closed" | "closed with unread input";
}

export interface EndStep extends Did {
  readonly actor: Side;
  readonly action:
    | "write"
    | "close"
    | "alert"
    | "ping"
    | "accept"
    | "refuse"
    | "receive"
    | "reset"
    | "flushed"
    | "flushed-late"
    | "deadline"
    | "drained"
    | "eof"
    | "rude";
  readonly record?: RecordName | EndName;
  readonly text: string;
}

export interface AttackerStep {
  readonly actor: "attacker";
  readonly action: "drop" | "tamper" | "swap" | "inject" | "cut" | "reset";
  readonly direction?: `from ${Side}`;
  readonly against?: Side;
  readonly record?: RecordName | EndName;
  readonly text: string;
}

export type Step = EndStep | AttackerStep;

export interface Trace {
  readonly mutant: string;
  readonly about: string;
  /** The property of the model that the mutant breaks. */
  readonly violates: string;
  /** The bounds of the model: 0 `DEADLINES`, and none may be needed to come to an end. */
  readonly defines: Readonly<Record<string, number>>;
  readonly steps: readonly Step[];
}

const folder = new URL("../../spec/model/lifecycle/traces/", import.meta.url);

/** All the traces that there are. */
export const traces: readonly Trace[] = readdirSync(folder)
  .filter((file) => file.endsWith(".json"))
  .map((file) => JSON.parse(readFileSync(new URL(file, folder), "utf8")) as Trace);

export function peerOf(side: Side): Side {
  return side === "client" ? "server" : "client";
}
