/** A call that the state does not allow, or an argument that makes no sense. Nothing has changed. */
export class UsageError extends Error {
  override readonly name = "UsageError";
  readonly code = "ERR_HAWSER_USAGE";
}
