import type { Reason } from "../failure.ts";
import type { OwnKey } from "../key-holder.ts";
import { known } from "../known.ts";
import type { EventName } from "./table.ts";

/** One thing that happened, classified, with what its cell's outputs need to know. */
export interface MachineEvent {
  readonly name: EventName;
  /** Why the channel would be over, where the event can end it. */
  readonly reason?: Reason;
  /** Data to write, a record's body, a message to send. */
  readonly bytes?: Uint8Array;
  /** An alert code, and its words. */
  readonly code?: number;
  readonly message?: string;
  /** The peer's key, or the one that a route names. */
  readonly publicKey?: Uint8Array;
  readonly context?: string | undefined;
  /** Whose DH is needed next, or who answers. */
  readonly ownKey?: OwnKey;
}

/** The bytes that the classification has put into an event. */
export function bytesIn(event: MachineEvent): Uint8Array {
  return known(event.bytes, `the bytes of ${event.name}`);
}
