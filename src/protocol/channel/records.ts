import type { MachineEvent } from "../machine/event.ts";
import type { State } from "../machine/table.ts";
import type { RecordContent, RecordFault } from "../record/plaintext.ts";
import type { ReadResult } from "../record/reader.ts";

/** What a record is judged by besides itself. */
export interface RecordSetting {
  readonly state: State;
  readonly pongOwed: boolean;
  readonly outstandingPing: Uint8Array | undefined;
}

/** The one event that a record under the transport keys is; its counter has no say in it (RC-008). */
export function classifyRecord(result: ReadResult, setting: RecordSetting): MachineEvent {
  if ("exhausted" in result) return { name: "nonce.none", reason: { code: "nonces_exhausted" } };
  if ("fault" in result) return classifyFault("record", result);
  const reason = { code: "unexpected_record", type: result.type, state: setting.state } as const;
  switch (result.type) {
    case "data":
      return { name: "record.data", bytes: result.body, reason };
    case "alert":
      return classifyAlert("record", result);
    case "accept":
      return { name: "record.accept", reason };
    case "close":
      return { name: "record.close", reason };
    case "ping":
      return { name: setting.pongOwed ? "record.pingExcess" : "record.ping", bytes: result.body, reason };
    case "pong": {
      const awaited = setting.outstandingPing?.every((byte, i) => byte === result.body[i]) === true;
      return { name: awaited ? "record.pong" : "record.pongUnexpected", bytes: result.body, reason };
    }
  }
}

/** The one event that a record under the verdict key is. */
export function classifyVerdict(result: ReadResult, state: State): MachineEvent {
  if ("exhausted" in result) throw new Error("the verdict key has a nonce");
  if ("fault" in result) return classifyFault("verdict", result);
  switch (result.type) {
    case "accept":
      return { name: "verdict.accept" };
    case "alert":
      return classifyAlert("verdict", result);
    case "data":
    case "close":
    case "ping":
    case "pong":
      return { name: "verdict.unexpected", reason: { code: "unexpected_record", type: result.type, state } };
  }
}

/** Every code ends the channel, known or not, whatever the words (AL-003, AL-028). */
function classifyAlert(kind: "record" | "verdict", alert: RecordContent & { type: "alert" }): MachineEvent {
  const { code, message } = alert;
  return { name: `${kind}.alert`, code, message, reason: { code: "alert_received", alert: code, message } };
}

function classifyFault(kind: "record" | "verdict", { fault, alert }: RecordFault): MachineEvent {
  return alert
    ? { name: `${kind}.malformedAlert`, reason: { code: "malformed_alert", check: fault } }
    : { name: `${kind}.bad`, reason: { code: "bad_record", check: fault } };
}
