/** What of a session's blob was found wrong first, in the order of the checks (TR-016). */
export type BlobFault =
  /** Not a blob, or not all of one. */
  | "size"
  | "magic"
  | "version"
  | "suite"
  | "length"
  | "checksum"
  /** A field has a value that it can't have, or not beside the others. */
  | "field"
  /** This very blob was imported before, in this process. */
  | "imported"
  /** So old that it can't be told whether it was. */
  | "stale"
  /** From one exporter more than are kept in mind. */
  | "exporters";

/** A session's blob that is refused. Nothing was made of it, and it has been wiped. */
export class SessionBlobError extends Error {
  override readonly name = "SessionBlobError";
  readonly code = "ERR_HAWSER_SESSION_BLOB";
  readonly fault: BlobFault;

  constructor(fault: BlobFault, what: string = explanations[fault]) {
    super(`The session can't be imported: ${what}`);
    this.fault = fault;
  }
}

const explanations: Readonly<Record<BlobFault, string>> = {
  size: "it is no blob, or was cut.",
  magic: "it does not begin as a blob does.",
  version:
    "it is of another version of the blob's form. Exporter and importer have to run versions that know one.",
  suite: "it is of another suite.",
  length: "it has not the length that it says.",
  checksum: "it was altered, or is not whole.",
  field: "a field of it has a value that makes no sense.",
  imported: "it was imported before in this process, and a nonce would be used twice.",
  stale: "it is so old that nothing is known about whether it was imported before.",
  exporters: "more processes have handed sessions to this one than it can keep in mind. Start it anew.",
};
