import { bytesIn, type MachineEvent } from "../machine/event.ts";
import { seals } from "../machine/step.ts";
import type { Action } from "../machine/table.ts";
import type { RecordWriter } from "../record/writer.ts";

/** RC-006, RC-007: where outputs need a nonce that the own direction has no more, the event that this is instead. */
export function withoutNonces(
  writer: RecordWriter,
  actions: readonly Action[],
  event: MachineEvent,
): MachineEvent | undefined {
  let isSealing = false;
  let records = 0;
  for (const action of actions) {
    if (!seals(action)) continue;
    isSealing = true;
    records += recordsFor(writer, action, event);
  }
  if (!isSealing) return undefined;
  const reason = { code: "nonces_exhausted" } as const;
  if (!writer.canSealLast) return { name: "nonce.none", reason };
  return writer.canSeal(records) ? undefined : { name: "nonce.last", reason };
}

/** How many records other than Alert and Close an output seals. */
function recordsFor(writer: RecordWriter, action: Action, event: MachineEvent): number {
  if (action === "send.ping" || action === "send.pong") return 1;
  if (action === "send.data") return writer.recordsFor(bytesIn(event).length);
  return 0;
}
