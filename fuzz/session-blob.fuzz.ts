import { createHash } from "node:crypto";
import { type ImportOptions, importSession, SessionBlobError } from "../src/protocol/index.ts";
import { decodeSession, encodeSession } from "../src/protocol/transfer/blob.ts";
import { SeenBlobs } from "../src/protocol/transfer/seen.ts";
import { check, checkSameBytes } from "./support/check.ts";
import { Input } from "./support/input.ts";
import { primitives } from "./support/primitives.ts";

/** What to mend, then the blob: bit 0 its checksum, bit 1 its length, bit 2 its first six bytes. */
export const lengths = { usual: 600, longest: 5_000 };

const options: ImportOptions = {
  primitives,
  randomBytes: (length) => new Uint8Array(length),
  now: () => 0,
};

function mended(how: number, bytes: Uint8Array): Uint8Array {
  const blob = Buffer.from(bytes);
  if (blob.length < 42) return new Uint8Array(bytes);
  if ((how & 4) !== 0) blob.set([0x48, 0x57, 0x53, 0x53, 1, 1]);
  if ((how & 2) !== 0) blob.writeUInt32BE(blob.length, 6);
  // By OpenSSL, not by the primitives that check it.
  if ((how & 1) !== 0)
    blob.set(
      createHash("blake2b512").update(blob.subarray(0, -32)).digest().subarray(0, 32),
      blob.length - 32,
    );
  return new Uint8Array(blob);
}

/** Whether the parts that say what they say of the others are as the specification wants them, read anew. */
function isConsistent(blob: Uint8Array): boolean {
  const view = new DataView(blob.buffer);
  const [role = 9, state = 9, flags = 99] = blob.subarray(34, 37);
  const [unopened, unread, unsent] = [view.getUint32(209), view.getUint32(213), view.getUint32(217)];
  const has = (flag: number) => (flags & flag) !== 0;
  const context = Buffer.from(blob.subarray(101, 133)).toString("latin1");
  return (
    role < 2 &&
    state < 3 &&
    flags < 32 &&
    365 + unopened + unread + unsent + 32 === blob.length &&
    /^[!-~]*\0*$/.test(context) &&
    (has(2) || blob.subarray(197, 205).every((byte) => byte === 0)) &&
    (has(16) || (!has(1) && unsent === 0)) &&
    (!has(8) || (state === 2 && unopened === 0 && !has(2))) &&
    (!has(4) || has(2) || has(8))
  );
}

/**
 * A blob is refused as a blob, or it is consistent, makes the same bytes again, and its channel takes what comes: no input
 * ends in any other exception.
 */
export function fuzz(data: Uint8Array): void {
  const input = new Input(data);
  const how = input.u8();
  const blob = mended(how, input.rest());
  const before = blob.slice();
  let saved: ReturnType<typeof decodeSession>;
  try {
    saved = decodeSession(primitives, blob);
  } catch (error) {
    check(error instanceof SessionBlobError, `another error: ${String(error)}`);
    checkSameBytes(blob, before, "the blob is only read");
    const isWhole = blob.length >= 397 && (how & 7) === 7;
    check(!isWhole || !isConsistent(blob), `refused though it is consistent: ${error.message}`);
    return;
  }
  checkSameBytes(blob, before, "the blob is only read");
  check(isConsistent(blob), "taken though it is not consistent");
  checkSameBytes(encodeSession(primitives, saved), blob, "the session, written again");
  const { channel, left } = importSession(blob, options, new SeenBlobs());
  check(
    blob.every((byte) => byte === 0),
    "the blob is not wiped",
  );
  check(saved.live.state === left, "another state than was left");
  const isOver = channel.state === "Draining" || channel.state === "Failed";
  channel.alert("cancelled");
  check(isOver || ["Draining", "Failed", "Closing"].includes(channel.state), `alerts in ${channel.state}`);
}
