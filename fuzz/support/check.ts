/** Throws an Error with these words when a condition does not hold: a finding, to the fuzzer. */
export function check(condition: boolean, words: string): asserts condition {
  if (!condition) throw new Error(words);
}

/** {@link check}s that two byte strings are equal. */
export function checkSameBytes(found: Uint8Array, wanted: Uint8Array, what: string): void {
  check(found.length === wanted.length, `${what}: ${found.length} bytes instead of ${wanted.length}`);
  // The quick look first: the fuzzer's instrumentation makes a loop over every byte dear.
  if (Buffer.compare(found, wanted) === 0) return;
  throw new Error(`${what}: another byte at ${found.findIndex((byte, index) => byte !== wanted[index])}`);
}
