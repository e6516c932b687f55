/**
 * Hawser's protocol without input or output: nothing here needs Node, a clock, randomness or a socket but what is
 * handed in.
 *
 * @module
 */
export type { LongOpening, Primitives } from "../crypto/primitives.ts";
export { Channel } from "./channel/channel.ts";
export { ClientChannel } from "./channel/client-channel.ts";
export type { LivenessPolicy } from "./channel/liveness.ts";
export type { ChannelOptions, ClientOptions, DrainLimits, ServerOptions } from "./channel/options.ts";
export { ServerChannel } from "./channel/server-channel.ts";
export { type Explanation, explainFailure } from "./explain.ts";
export type { Failure, FailureCode, Origin, Reason } from "./failure.ts";
export type { HeaderFields } from "./handshake/header.ts";
export type { KeyHolder } from "./key-holder.ts";
export type { Role, State, Table } from "./machine/table.ts";
export type { Output } from "./output.ts";
export { alertName, escapeMessage } from "./record/alert.ts";
export { type AlertName, alertCodes } from "./record/alert-codes.ts";
export type { RecordMemory } from "./record/memory.ts";
export type { Padding } from "./record/padding.ts";
export type { RecordCheck, RecordType } from "./record/plaintext.ts";
export type { PendingBytes } from "./transfer/blob.ts";
export { type BlobFault, SessionBlobError } from "./transfer/blob-error.ts";
export { exportSession } from "./transfer/export.ts";
export {
  Giver,
  type GiverOutput,
  type HandOverMessage,
  Taker,
  type TakerOutput,
} from "./transfer/hand-over.ts";
export type { GiverState, TakerState } from "./transfer/hand-over-table.ts";
export { type ImportedSession, type ImportOptions, importSession } from "./transfer/import.ts";
export { ImportedChannel } from "./transfer/imported-channel.ts";
export type { SeenBlobs } from "./transfer/seen.ts";
export { UsageError } from "./usage-error.ts";
