/**
 * The suites that a mutant is run against: files, and folders with a slash at the end.
 *
 * They run in this order, those that find most for the least time first: the first failure ends a mutant's run. Left
 * out are those that need a socket or another process, that look at what is written about the code and not at what it
 * does, and the exhaustive ones, which would find a mutant minutes after another one here has.
 */
export const suites: readonly string[] = [
  "src/protocol/",
  "src/keys/arguments.test.ts",
  "src/keys/authorized-lines.test.ts",
  "src/keys/authorized-options.test.ts",
  "src/keys/errors.test.ts",
  "src/keys/key-pair.test.ts",
  "src/keys/lines.test.ts",
  "src/keys/secret-key-lines.test.ts",
  "src/keys/text.test.ts",
  "src/keys/url.test.ts",
  "src/crypto/lengths.test.ts",
  "src/crypto/rfc-vectors.test.ts",
  "properties/attacks/identity.test.ts",
  "properties/attacks/leaks.test.ts",
  "properties/attacks/life-cycle.test.ts",
  "properties/attacks/records.test.ts",
  "properties/routes.test.ts",
  "properties/first-use.test.ts",
  "properties/agreement.test.ts",
  "properties/liveness.test.ts",
  "properties/key-holders.test.ts",
  "properties/middlebox.test.ts",
  "properties/noise.test.ts",
  "properties/padding.test.ts",
  "properties/alert-messages.test.ts",
  "properties/identities.test.ts",
  "properties/borrowed-memory.test.ts",
  "properties/retained-memory.test.ts",
  "properties/providers.test.ts",
  "properties/keys.test.ts",
  "properties/cutting.test.ts",
  "properties/nonces.test.ts",
  "properties/alerts.test.ts",
  "properties/messages.test.ts",
  "properties/machine-walk.test.ts",
  "properties/transfer.test.ts",
  "properties/transfer-vectors.test.ts",
  "properties/transfer-blob.test.ts",
  "properties/transfer-protocol.test.ts",
  "properties/transfer-wiping.test.ts",
  "properties/cells.test.ts",
  "properties/vectors.test.ts",
  "properties/wiping-connection.test.ts",
  "properties/stealth.test.ts",
  "src/crypto/wiping.test.ts",
];

/** Suites that put something in the place of a module, or count what the garbage collector leaves: each in a worker of its own. */
export const suitesAlone: readonly string[] = [
  "src/crypto/choice.test.ts",
  "src/crypto/openssl.test.ts",
  "src/crypto/free-memory.test.ts",
  "src/crypto/raw-sodium.test.ts",
  "src/crypto/unmoved-bytes.test.ts",
  "src/keys/files/",
];
