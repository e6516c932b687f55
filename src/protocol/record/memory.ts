/**
 * Where the records of a channel are sealed and opened. What is given need not be zeros: every byte of it is written
 * before any is read.
 */
export interface RecordMemory {
  /** For records to transmit. A driver that has handed them over may give the same bytes again. */
  readonly forRecords: (length: number) => Uint8Array;
  /** For data to deliver, the receiver's to keep. */
  readonly forData: (length: number) => Uint8Array;
}

/** A new array each time. */
export const newMemory: RecordMemory = {
  forRecords: (length) => new Uint8Array(length),
  forData: (length) => new Uint8Array(length),
};
