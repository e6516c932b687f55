import { createHash } from "node:crypto";
import { closeSync, openSync, writeSync } from "node:fs";
import type { Duplex } from "node:stream";
import { AlertError } from "hawser";
import { type Conduct, report } from "./hold.ts";
import { type ErrorSeen, fullHold, seen } from "./words.ts";

/**
 * What both ends of a hand-over are made with. After the server has given up, the proxy holds much that the client had sent, and
 * with it the client's end.
 */
export const connectionOptions = { allowHalfOpen: true, drain: { timeout: 500 } } as const;

/**
 * Saves all that a client sends, answers with its SHA-256, and reports; with Hawser or in the clear, as both are Duplex streams.
 *
 * @param publicKey the client's, 32 bytes, where it was shown
 */
export function receive(stream: Duplex, conduct: Conduct, publicKey?: Uint8Array): void {
  const { saveAs, giveUpAfter = Number.POSITIVE_INFINITY, garble } = conduct;
  const file = openSync(saveAs, "w");
  const hash = createHash("sha256");
  let bytes = 0;
  let error: ErrorSeen | undefined;
  stream.on("data", (chunk: Buffer) => {
    if (stream.destroyed) return;
    if (garble && bytes === 0) chunk[0] = (chunk[0] as number) ^ 1;
    bytes += chunk.length;
    hash.update(chunk);
    writeSync(file, chunk);
    if (bytes >= giveUpAfter) stream.destroy(new AlertError(fullHold.code, fullHold.words));
  });
  stream.on("end", () => stream.end(hash.digest("hex")));
  stream.on("error", (reason) => {
    error = seen(reason);
  });
  stream.on("close", () => {
    closeSync(file);
    report(conduct, { bytes, publicKey, error });
  });
}
