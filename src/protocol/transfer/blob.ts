import type { Primitives } from "../../crypto/primitives.ts";
import { ascii, isZero } from "../bytes.ts";
import { type LiveSession, wipeLiveSession } from "../channel/live-session.ts";
import { decodeContext, isContext } from "../handshake/context.ts";
import { contextLength, hashLength, keyLength, pingLength } from "../limits.ts";
import { UsageError } from "../usage-error.ts";
import { SessionBlobError } from "./blob-error.ts";
import { BlobReader, BlobWriter } from "./fields.ts";

/** TR-014: what every blob begins with, and the one version of its form. */
export const blobMagic = ascii("HWSS");
export const blobVersion = 1;
/** Suite 1 of the protocol. */
export const blobSuite = 1;
/** TR-015: length of the fields before the three of any length, of the checksum, and of the largest blob, in bytes. */
export const blobHeadLength = 365;
export const blobChecksumLength = 32;
export const maxBlobLength = 16_777_216;
export const originLength = 16;

const states = ["Open", "HalfClosedLocal", "HalfClosedRemote"] as const;
const roles = ["client", "server"] as const;
const flagBits = { pongOwed: 1, pingOutstanding: 2, pinged: 4, inputEnded: 8, unflushed: 16 } as const;
const allFlags = 31;
const maxSilence = 0xffff_ffff;

/** Which blob it is: the exporting process, 16 random bytes, and its how-manieth export. */
export interface BlobName {
  readonly origin: Uint8Array;
  readonly serial: bigint;
}

/** What a driver holds of a session besides the channel. */
export interface PendingBytes {
  /** Received and not handed to the channel: they follow what the channel itself has not opened. */
  readonly unopened?: Uint8Array;
  /** Plaintext that was delivered to the driver and that nobody has read. */
  readonly unread?: Uint8Array;
  /** Transmitted by the channel, and not handed to the transport. */
  readonly unsent?: Uint8Array;
}

/** All that a blob says. */
export interface SavedSession {
  readonly name: BlobName;
  readonly live: LiveSession;
  readonly unread: Uint8Array;
  readonly unsent: Uint8Array;
}

/**
 * The one form of a session (TR-014 to TR-028).
 *
 * @throws UsageError where it would be longer than a blob may be, or where something waits to be sent of which the channel
 * was told that it was handed over
 */
export function encodeSession(primitives: Primitives, session: SavedSession): Uint8Array {
  const { name, live, unread, unsent } = session;
  const { liveness } = live;
  const length = blobHeadLength + live.unopened.length + unread.length + unsent.length + blobChecksumLength;
  if (length > maxBlobLength) {
    throw new UsageError(`a session with ${length} bytes is not handed over: ${maxBlobLength} are the most`); // TR-015
  }
  if (unsent.length > 0 && !live.unflushed)
    throw new UsageError("bytes that wait to be sent, of which flushed() said that they do not");
  if (live.inputEnded && live.unopened.length > 0)
    throw new UsageError("bytes that were received after the end of file");
  const out = new BlobWriter(length);
  out.bytes(blobMagic).u8(blobVersion).u8(blobSuite).u32(length);
  out.bytes(name.origin).u64(name.serial);
  out.u8(roles.indexOf(live.role)).u8(states.indexOf(live.state)).u8(flagsOf(live));
  out.bytes(live.remotePublicKey).bytes(live.localPublicKey).bytes(live.context);
  out.bytes(live.channelBinding).bytes(liveness.outstanding ?? new Uint8Array(pingLength));
  out.u32(Math.min(Math.floor(liveness.silence), maxSilence)); // TR-026
  out.u32(live.unopened.length).u32(unread.length).u32(unsent.length);
  out.bytes(live.exporterSecret);
  for (const { key, nonce } of [live.sending, live.receiving]) out.bytes(key).u64(nonce);
  out.bytes(live.unopened).bytes(unread).bytes(unsent);
  const digest = primitives.blake2b(out.written);
  out.bytes(digest.subarray(0, blobChecksumLength));
  primitives.wipe(digest);
  return out.written;
}

/** What of a blob never changes, and is no secret: the role, both public keys, the context and the channel binding; a copy. */
export function whoseSession(blob: Uint8Array): Uint8Array {
  return Uint8Array.of(...blob.subarray(34, 35), ...blob.subarray(37, 197));
}

/**
 * Takes a blob apart, strictly: it is the one that {@link encodeSession} makes of what comes back. What comes back are
 * copies, and the blob is only read.
 *
 * @throws SessionBlobError with the first check that fails (TR-016)
 */
export function decodeSession(primitives: Primitives, blob: Uint8Array): SavedSession {
  if (blob.length < blobHeadLength + blobChecksumLength || blob.length > maxBlobLength)
    throw new SessionBlobError("size");
  const input = new BlobReader(blob);
  if (!input.startsWith(blobMagic)) throw new SessionBlobError("magic");
  if (input.u8() !== blobVersion) throw new SessionBlobError("version");
  if (input.u8() !== blobSuite) throw new SessionBlobError("suite");
  if (input.u32() !== blob.length) throw new SessionBlobError("length");
  const end = blob.length - blobChecksumLength;
  const digest = primitives.blake2b(blob.subarray(0, end));
  const isWhole = primitives.equal(digest.subarray(0, blobChecksumLength), blob.subarray(end));
  primitives.wipe(digest);
  if (!isWhole) throw new SessionBlobError("checksum"); // TR-017
  const session = readFields(input, end);
  try {
    checkTogether(session);
    return session;
  } catch (error) {
    wipeLiveSession(primitives, session.live);
    throw error;
  }
}

/** The fields behind the length, each by itself; the secret ones last of those that are of one size. */
function readFields(input: BlobReader, end: number): SavedSession {
  const name = { origin: input.bytes(originLength), serial: input.u64() };
  const role = roles[input.u8()] ?? refuse("the role");
  const state = states[input.u8()] ?? refuse("the state");
  const flags = input.u8();
  if (flags > allFlags) refuse("a flag");
  const isSet = (flag: keyof typeof flagBits) => (flags & flagBits[flag]) !== 0;
  const keys = { remotePublicKey: input.bytes(keyLength), localPublicKey: input.bytes(keyLength) };
  const context = contextIn(input.bytes(contextLength));
  const channelBinding = input.bytes(hashLength);
  const ping = input.bytes(pingLength);
  if (!isSet("pingOutstanding") && !isZero(ping)) refuse("a Ping that is not outstanding");
  const silence = input.u32();
  const lengths = [input.u32(), input.u32(), input.u32()] as const;
  if (blobHeadLength + lengths[0] + lengths[1] + lengths[2] !== end) refuse("the length of a part");
  const live: LiveSession = {
    role,
    state,
    ...keys,
    context,
    channelBinding,
    exporterSecret: input.bytes(hashLength),
    sending: { key: input.bytes(keyLength), nonce: input.u64() },
    receiving: { key: input.bytes(keyLength), nonce: input.u64() },
    liveness: {
      pinged: isSet("pinged"),
      outstanding: isSet("pingOutstanding") ? ping : undefined,
      pongOwed: isSet("pongOwed"),
      silence,
    },
    inputEnded: isSet("inputEnded"),
    unflushed: isSet("unflushed"),
    unopened: input.bytes(lengths[0]),
  };
  return { name, live, unread: input.bytes(lengths[1]), unsent: input.bytes(lengths[2]) };
}

/** TR-025, TR-027, TR-028: what can't be, side by side, in a session that a channel has left. */
function checkTogether({ live, unsent }: SavedSession): void {
  const { liveness, inputEnded, unflushed, unopened } = live;
  if (liveness.pongOwed && !unflushed) refuse("a Pong that is owed and was handed over");
  if (unsent.length > 0 && !unflushed) refuse("bytes that wait and were handed over");
  if (inputEnded && live.state !== "HalfClosedRemote") refuse("an end of file before the peer's Close");
  if (inputEnded && unopened.length > 0) refuse("an end of file inside a record");
  if (inputEnded && liveness.outstanding !== undefined) refuse("a Ping that can't be answered");
  if (liveness.pinged && liveness.outstanding === undefined && !inputEnded)
    refuse("a Ping without its bytes");
}

function flagsOf({ liveness, inputEnded, unflushed }: LiveSession): number {
  return (
    (liveness.pongOwed ? flagBits.pongOwed : 0) |
    (liveness.outstanding === undefined ? 0 : flagBits.pingOutstanding) |
    (liveness.pinged ? flagBits.pinged : 0) |
    (inputEnded ? flagBits.inputEnded : 0) |
    (unflushed ? flagBits.unflushed : 0)
  );
}

/** TR-021. */
function contextIn(bytes: Uint8Array): Uint8Array {
  const name = decodeContext(bytes) ?? "";
  if (!isContext(name) || !isZero(bytes.subarray(name.length))) refuse("the context");
  return bytes;
}

function refuse(what: string): never {
  throw new SessionBlobError("field", `${what} makes no sense.`);
}
