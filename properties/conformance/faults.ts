/**
 * Faults to plant in this project's own shim, one at a time: what an implementation may well get wrong. The conformance
 * runner has to catch each, by cases of the requirement that it breaks and by no others (`npm run conformance:faults`);
 * `faults.test.ts` holds every `from` to its source.
 */
export interface Fault {
  readonly id: string;
  /** Below src/. */
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly from: string;
  readonly to: string;
  /** What it breaks: every case that fails cites one of these. */
  readonly requirements: readonly string[];
  /** Cases that have to fail: each pattern of identifiers, where `*` is any text, has at least one. */
  readonly caughtBy: readonly string[];
}

export const faults: readonly Fault[] = [
  {
    id: "end-of-file-as-clean-end",
    file: "protocol/channel/channel.ts",
    from: "const reason = this.endReason();\n",
    // Between two records it stands for the Close that has not come.
    to:
      "const reason = this.endReason();\n" +
      '    if (["Open", "HalfClosedLocal"].includes(this.state) && this.queue.length === 0)\n' +
      '      return { name: "record.close", reason };\n',
    requirements: ["RC-033"],
    caughtBy: [
      "*/open/eof-between-records",
      "*/half-closed-local/eof-without-a-close",
      "server/deciding/eof",
    ],
  },
  {
    id: "padding-ignored",
    file: "protocol/record/plaintext.ts",
    from: 'if (plaintext[i] !== 0) return { fault: "padding", alert };',
    to: "",
    requirements: ["RC-016"],
    caughtBy: ["*/open/padding-*-byte", "*/open/size-too-small", "client/await-verdict/close-bad-padding"],
  },
  {
    id: "size-past-the-end",
    file: "protocol/record/plaintext.ts",
    from: 'if (size > plaintext.length - recordHeadLength) return { fault: "size", alert };',
    to: "",
    requirements: ["RC-015"],
    caughtBy: ["*/open/size-past-end", "*/half-closed-local/close-size-past-end", "*/open/size-largest"],
  },
  {
    id: "type-not-known-skipped",
    file: "protocol/record/plaintext.ts",
    from: 'if (type === undefined) return { fault: "type", alert: false };',
    to: 'if (type === undefined) return parseBody("data", plaintext.subarray(recordHeadLength)) ?? { type: "data", body: plaintext.subarray(0, 1) };',
    requirements: ["RC-014"],
    caughtBy: ["*/open/type-6", "*/half-closed-local/type-255"],
  },
  {
    id: "length-not-checked",
    file: "protocol/record/deframer.ts",
    from: "if (length < minCiphertext) return { badLength: length };",
    to: "",
    requirements: ["RC-012"],
    caughtBy: ["*/open/length-18", "client/await-verdict/length-18"],
  },
  {
    id: "alert-answered",
    file: "protocol/channel/records.ts",
    from: ".alert`, code, message,",
    // Told as it should be; the answer is the Alert of a record that is refused.
    to: '.alert`.replace("record.alert", "record.bad"), code, message,',
    requirements: ["AL-013", "AL-022"],
    caughtBy: ["*/open/alert-5", "*/half-closed-remote/alert-32768", "*/half-closed-local/alert-then-ping"],
  },
  {
    id: "malformed-alert-answered",
    file: "protocol/channel/records.ts",
    from: "return alert\n",
    to: "return false\n",
    requirements: ["AL-024"],
    caughtBy: ["*/open/alert-empty", "client/await-verdict/alert-surrogate", "*/open/alert-bad-padding"],
  },
  {
    id: "utf-8-not-strict",
    file: "protocol/record/plaintext.ts",
    from: "{ fatal: true, ignoreBOM: true }",
    to: "{ fatal: false, ignoreBOM: true }",
    requirements: ["AL-025"],
    caughtBy: ["*/open/alert-surrogate", "*/open/alert-overlong-slash"],
  },
  {
    id: "unasked-pong-taken",
    file: "protocol/channel/records.ts",
    from: "const awaited = setting.outstandingPing?.",
    to: "const awaited = setting.outstandingPing === undefined || setting.outstandingPing.",
    requirements: ["RC-044"],
    caughtBy: ["*/open/pong-unasked", "*/open/pong-twice", "server/deciding/pong"],
  },
  {
    id: "any-pong-taken",
    file: "protocol/channel/records.ts",
    from: "every((byte, i) => byte === result.body[i]) === true;",
    to: "every(() => true) === true;",
    requirements: ["RC-044"],
    caughtBy: ["*/open/pong-other", "*/open/liveness-answered-wrongly"],
  },
  {
    id: "close-taken-twice",
    file: "protocol/channel/records.ts",
    from: 'return { name: "record.close", reason };',
    // `dh.late` is an event that does nothing.
    to: 'return { name: setting.state === "HalfClosedRemote" ? "dh.late" : "record.close", reason };',
    requirements: ["RC-030"],
    caughtBy: ["*/half-closed-remote/close-twice"],
  },
  {
    id: "accept-skipped",
    file: "protocol/channel/records.ts",
    from: 'return { name: "verdict.unexpected",',
    // Any record that opens under the verdict key lets the client in.
    to: 'return { name: "verdict.accept",',
    requirements: ["HS-102", "HS-103"],
    caughtBy: ["client/await-verdict/data", "client/await-verdict-closed/ping"],
  },
  {
    id: "rekey-one-late",
    file: "protocol/record/direction.ts",
    from: "if (cipher.isAtMultiple(rekeyInterval)) cipher.rekey();",
    to: "if (cipher.nonce > 1n && cipher.nonce % BigInt(rekeyInterval) === 1n) cipher.rekey();",
    requirements: ["RC-005"],
    caughtBy: ["*/open/rekey-first", "*/open/rekey-left-out", "*/open/rekey-second"],
  },
  {
    id: "rekey-one-early",
    file: "protocol/record/direction.ts",
    from: "if (cipher.isAtMultiple(rekeyInterval)) cipher.rekey();",
    to: "if (cipher.nonce % BigInt(rekeyInterval) === BigInt(rekeyInterval - 1)) cipher.rekey();",
    requirements: ["RC-005"],
    caughtBy: ["*/open/rekey-first", "*/open/rekey-one-early"],
  },
  {
    id: "low-order-point-taken",
    file: "protocol/noise/handshake-state.ts",
    from: "if (output === undefined || isZero(output)) return false; // NO-010",
    to: "if (output === undefined || isZero(output)) return this.#symmetricState.mixKey(new Uint8Array(32)) ?? true;",
    requirements: ["NO-010"],
    caughtBy: [
      "client/await-challenge/ephemeral-order-8",
      "client/await-challenge/key-low-order-zero",
      "server/await-response/key-low-order-p",
    ],
  },
  {
    id: "server-key-not-compared",
    file: "protocol/handshake/client.ts",
    from: "if (isKey(expected))",
    to: "if (expected !== undefined)",
    requirements: ["HS-059"],
    caughtBy: ["client/await-challenge/another-key", "client/await-challenge/the-middlebox-with-code-0"],
  },
  {
    id: "route-not-compared",
    file: "protocol/channel/server-channel.ts",
    from: 'if (route === "other" || !this.#settings.application) {',
    to: "if (!this.#settings.application) {",
    requirements: ["RT-011"],
    caughtBy: ["server/await-hello/route-names-another", "server/await-hello/stealth-route-names-another"],
  },
  {
    id: "hint-in-stealth",
    file: "protocol/channel/server-channel.ts",
    from: 'return this.#hiddenOr({ name: "header.unsupported", reason });',
    to: 'return { name: "header.unsupported", reason };',
    requirements: ["HS-010"],
    caughtBy: ["server/hiding/stealth-version-2", "server/hiding/stealth-flags"],
  },
  {
    id: "context-ignored",
    file: "protocol/channel/server-channel.ts",
    from: "if (!this.#settings.contexts.some((served) => this.#settings.primitives.equal(served, context))) {",
    to: "if (false) {",
    requirements: ["HS-081"],
    caughtBy: [
      "server/await-response/context-unknown-without-a-list",
      "server/await-response/context-other-case",
    ],
  },
  {
    id: "early-data-delivered",
    file: "protocol/channel/channel.ts",
    // What the client sent ahead reaches the application of a server that refuses it.
    from: "    this.queue.clear();\n    this.#wipe();\n  }\n\n  protected settle",
    to:
      '    if (this.role === "server" && this.#session !== undefined && !this.#isOpen)\n' +
      "      for (let early = this.#reader?.next(); early?.type === 'data'; early = this.#reader.next())\n" +
      '        this.output({ type: "data", bytes: early.body });\n' +
      "    this.queue.clear();\n    this.#wipe();\n  }\n\n  protected settle",
    requirements: ["HS-089"],
    caughtBy: ["server/deciding/data-then-refused", "server/deciding/more-than-early-data-then-refused"],
  },
  {
    id: "early-data-without-bound",
    file: "protocol/channel/client-channel.ts",
    from: "this.#earlyDataLeft -= sealed.record.length;",
    to: "",
    requirements: ["HS-113"],
    caughtBy: [
      "client/await-verdict/early-data-much",
      "client/await-verdict-closed/early-data-in-small-records",
    ],
  },
];

/** Whether an identifier fits a pattern, in which `*` is any text. */
export function fits(pattern: string, id: string): boolean {
  const [first = "", ...rest] = pattern.split("*");
  if (!id.startsWith(first)) return false;
  let at = first.length;
  const last = rest.pop();
  if (last === undefined) return id === pattern;
  for (const part of rest) {
    const found = id.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return id.length - last.length >= at && id.endsWith(last);
}
