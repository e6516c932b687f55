/**
 * Faults to plant: each is a change to a real source that a target has to notice. `npm run fuzz:selftest` builds them in,
 * one at a time, and fuzzes from the checked-in corpus; `faults.test.ts` holds every `find` to its source.
 */
export interface Fault {
  readonly name: string;
  readonly target: string;
  /** Below src/. */
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly find: string;
  readonly replace: string;
  /** What the change needs at the file's beginning. */
  readonly with?: string;
  /** Within how many executions it has to be found. */
  readonly runs: number;
  /** It shows in long inputs alone. */
  readonly long?: boolean;
}

export const faults: readonly Fault[] = [
  {
    name: "length-not-checked",
    target: "deframer",
    file: "protocol/record/deframer.ts",
    find: "if (length < minCiphertext) return { badLength: length };",
    replace: "",
    runs: 5_000,
  },
  {
    name: "borrowed-bytes-kept",
    target: "deframer",
    file: "protocol/record/byte-queue.ts",
    find: "    else this.#absorb(this.#chunk.length - this.#at);\n",
    replace: "",
    runs: 5_000,
  },
  {
    name: "padding-not-checked",
    target: "record-plaintext",
    file: "protocol/record/plaintext.ts",
    find: 'if (plaintext[i] !== 0) return { fault: "padding", alert };',
    replace: "",
    runs: 5_000,
  },
  {
    name: "size-past-the-end",
    target: "record-plaintext",
    file: "protocol/record/plaintext.ts",
    find: 'if (size > plaintext.length - recordHeadLength) return { fault: "size", alert };',
    replace: "",
    runs: 5_000,
  },
  {
    name: "message-without-bound",
    target: "alert-body",
    file: "protocol/record/plaintext.ts",
    find: "if (body.length < 2 || body.length > 2 + maxAlertMessage) return undefined;",
    replace: "if (body.length < 2) return undefined;",
    runs: 20_000,
    long: true,
  },
  {
    name: "utf-8-not-strict",
    target: "alert-body",
    file: "protocol/record/plaintext.ts",
    find: "{ fatal: true, ignoreBOM: true }",
    replace: "{ fatal: false, ignoreBOM: true }",
    runs: 5_000,
  },
  {
    name: "byte-order-mark-dropped",
    target: "alert-body",
    file: "protocol/record/plaintext.ts",
    find: "{ fatal: true, ignoreBOM: true }",
    replace: "{ fatal: true }",
    runs: 20_000,
  },
  {
    name: "alert-answered",
    target: "records",
    file: "protocol/channel/records.ts",
    // An Alert whose code is not known is refused as a record that is bad.
    find: "  const { code, message } = alert;\n",
    replace:
      "  const { code, message } = alert;\n" +
      '  if (alertName(code) === undefined) return classifyFault(kind, { fault: "body", alert: false });\n',
    with: 'import { alertName } from "../record/alert.ts";\n',
    runs: 20_000,
  },
  {
    name: "malformed-alert-answered",
    target: "records",
    file: "protocol/channel/records.ts",
    find: "return alert\n",
    replace: 'return alert && fault === "length"\n',
    runs: 20_000,
  },
  {
    name: "accept-taken-twice",
    target: "records",
    file: "protocol/channel/records.ts",
    // As an event that does nothing.
    find: 'return { name: "record.accept", reason };',
    replace: 'return { name: "dh.late" };',
    runs: 20_000,
  },
  {
    name: "ping-owed-twice",
    target: "records",
    file: "protocol/channel/records.ts",
    find: 'setting.pongOwed ? "record.pingExcess" : "record.ping"',
    replace: '"record.ping"',
    runs: 20_000,
  },
  {
    name: "hint-in-stealth",
    target: "hello",
    file: "protocol/channel/server-channel.ts",
    find: 'return this.#hiddenOr({ name: "header.unsupported", reason });',
    replace: 'return { name: "header.unsupported", reason };',
    runs: 10_000,
  },
  {
    name: "key-of-low-order-taken",
    target: "response",
    file: "protocol/noise/handshake-state.ts",
    find: "if (output === undefined || isZero(output)) return false; // NO-010",
    replace: "if (output === undefined) return this.#symmetricState.mixKey(new Uint8Array(32)) ?? true;",
    runs: 10_000,
  },
  {
    name: "context-not-compared",
    target: "response",
    file: "protocol/channel/server-channel.ts",
    find: "this.#settings.primitives.equal(served, context)",
    replace: "served.length === context.length",
    runs: 10_000,
  },
  {
    name: "middlebox-taken-for-the-server",
    target: "challenge",
    file: "protocol/handshake/client.ts",
    find: "if (isKey(expected))",
    replace: "if (isKey(expected) || isKey(this.#options.via))",
    runs: 10_000,
  },
  {
    name: "input-dropped-at-close",
    target: "channel",
    file: "protocol/channel/channel.ts",
    // Taking a state empties the queue.
    find: "if (!isOver(state)) return;\n",
    replace: 'if (state === "HalfClosedLocal") this.queue.clear();\n    if (!isOver(state)) return;\n',
    runs: 20_000,
  },
  {
    name: "early-data-lost",
    target: "channel",
    file: "protocol/channel/client-channel.ts",
    find: "this.#waiting.take(sealed.taken);",
    replace: "this.#waiting.take(Math.min(this.#waiting.length, sealed.taken + 1));",
    runs: 20_000,
  },
  {
    name: "room-for-a-record-at-once",
    target: "deframer",
    file: "protocol/record/byte-queue.ts",
    find: "Math.max(64, held.length === 0 ? needed : 2 * needed)",
    replace: "Math.max(65_537, 2 * needed)",
    runs: 20_000,
  },
  {
    name: "body-copied",
    target: "record-plaintext",
    file: "protocol/record/plaintext.ts",
    find: "parseBody(type, plaintext.subarray(recordHeadLength, bodyEnd))",
    replace: "parseBody(type, plaintext.slice(recordHeadLength, bodyEnd))",
    runs: 5_000,
  },
  {
    name: "padding-kept-with-data",
    target: "records",
    file: "protocol/record/reader.ts",
    find: "if (!isBrief && 2 * body.length >= plaintext.length) return content;",
    replace: "if (!isBrief) return content;",
    runs: 10_000,
  },
  {
    name: "long-tag-not-checked",
    target: "records",
    file: "crypto/openssl.ts",
    find: "        plaintext.fill(0);\n        return undefined;\n",
    replace: "",
    runs: 10_000,
  },
  {
    name: "hidden-input-kept",
    target: "hello",
    file: "protocol/channel/channel.ts",
    find: "        this.queue.clear();\n        return;\n",
    replace: "        return;\n",
    runs: 10_000,
  },
  {
    name: "input-kept-after-the-end",
    target: "response",
    file: "protocol/channel/channel.ts",
    find: "    this.queue.clear();\n    this.#wipe();",
    replace: "    this.#wipe();",
    runs: 10_000,
  },
  {
    name: "room-for-a-verdict-at-once",
    target: "challenge",
    file: "protocol/channel/client-channel.ts",
    find: "this.#serverKey = judgement.serverKey;",
    replace:
      "this.#serverKey = new Uint8Array(65_537).subarray(0, 32);\n        this.#serverKey.set(judgement.serverKey);",
    runs: 10_000,
  },
  {
    name: "outputs-kept-after-their-call",
    target: "records",
    file: "protocol/channel/walk.ts",
    find: "      this.#outputs = undefined;\n",
    replace: "",
    runs: 20_000,
  },
  {
    name: "session-of-an-ended-transport",
    target: "session-blob",
    file: "protocol/transfer/blob.ts",
    find: 'if (inputEnded && live.state !== "HalfClosedRemote") refuse("an end of file before the peer\'s Close");',
    replace: "",
    runs: 50_000,
  },
  {
    name: "session-with-a-flag-more",
    target: "session-blob",
    file: "protocol/transfer/blob.ts",
    find: 'if (flags > allFlags) refuse("a flag");',
    replace: "",
    runs: 50_000,
  },
  {
    name: "session-parts-not-added-up",
    target: "session-blob",
    file: "protocol/transfer/blob.ts",
    find: "if (blobHeadLength + lengths[0] + lengths[1] + lengths[2] !== end) refuse(",
    replace: "if (blobHeadLength + lengths[0] > end) refuse(",
    runs: 50_000,
  },
  {
    name: "agent-request-with-more",
    target: "agent-message",
    file: "agent/wire.ts",
    find: "if (type !== types.key || !isZero(bytes.subarray(12))) return undefined;",
    replace: "if (type !== types.key) return undefined;",
    runs: 5_000,
  },
  {
    name: "agent-secret-beside-a-refusal",
    target: "agent-message",
    file: "agent/wire.ts",
    find: "if (isZero(bytes.subarray(12)) === isDone) return undefined;",
    replace: "if (isDone && isZero(bytes.subarray(12))) return undefined;",
    runs: 5_000,
  },
  {
    name: "agent-messages-run-together",
    target: "agent-message",
    file: "agent/wire.ts",
    find: "const piece = bytes.subarray(at, at + size - this.#length);",
    replace: "const piece = bytes.subarray(at, at + size - (this.#length % 64));",
    runs: 5_000,
  },
  {
    name: "checksum-not-checked",
    target: "key-text",
    file: "keys/text.ts",
    find: "const decoded = bech32.decodeUnsafe(text, false);",
    replace:
      "const decoded = { words: [...text.slice(prefix.length, -6)].map((c) => BECH32_ALPHABET.indexOf(c.toLowerCase())) };",
    runs: 50_000,
  },
  {
    name: "via-without-server",
    target: "connection-string",
    file: "keys/url.ts",
    find: "if (via !== undefined && serverKey === undefined) {",
    replace: "if (false) {",
    runs: 50_000,
  },
  {
    name: "key-listed-twice",
    target: "authorized-keys",
    file: "keys/authorized-lines.ts",
    find: "if (earlier !== undefined) {",
    replace: "if (false) {",
    runs: 50_000,
  },
  {
    name: "option-not-known-is-skipped",
    target: "authorized-keys",
    file: "keys/authorized-options.ts",
    find: "if (!isKnown(name)) throw unknown(name, count);",
    replace: "if (!isKnown(name)) return Object.freeze(options);",
    runs: 50_000,
  },
  {
    name: "bits-after-the-prefix",
    target: "authorized-keys",
    file: "keys/address-range.ts",
    find: "if (isInside) throw",
    replace: "if (false) throw",
    runs: 50_000,
  },
];
