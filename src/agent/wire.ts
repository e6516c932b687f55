/** The messages between an agent and who asks it (AG-002): fixed sizes, and one form for each. */

export const requestLength = 76;
export const responseLength = 44;
/** AG-009 */
export const maxAgentKeys = 16;
const keyLength = 32;

const version = 1;
const requestMagic = [0x48, 0x57, 0x4b, 0x41]; // "HWKA"
const responseMagic = [0x48, 0x57, 0x4b, 0x52]; // "HWKR"
const types = { dh: 1, key: 2 } as const;

export type AgentRequest =
  | {
      readonly type: "dh";
      /** 0 to 2^32 − 1. */
      readonly number: number;
      /** The public key of the agent's key, 32 bytes. */
      readonly key: Uint8Array;
      /** 32 bytes. */
      readonly peer: Uint8Array;
    }
  | {
      readonly type: "key";
      readonly number: number;
      /** 0 to 65,535. */
      readonly index: number;
    };

const statuses = ["done", "unknownKey", "zero", "failed"] as const;

export type AgentStatus = (typeof statuses)[number];

export interface AgentResponse {
  readonly number: number;
  readonly status: AgentStatus;
  /** To a Key that is done: how many keys there are; otherwise 0. */
  readonly count: number;
  /** 32 bytes; zeros for any status but done. */
  readonly result: Uint8Array;
}

/** 76 bytes. */
export function encodeRequest(request: AgentRequest): Uint8Array {
  const bytes = begun(requestLength, requestMagic, types[request.type], request.number);
  if (request.type === "dh") {
    bytes.set(request.key, 12);
    bytes.set(request.peer, 44);
  } else {
    viewOf(bytes).setUint16(6, request.index);
  }
  return bytes;
}

/** Takes 76 bytes apart; `undefined` for a request that is malformed (AG-005). What comes back are copies. */
export function parseRequest(bytes: Uint8Array): AgentRequest | undefined {
  if (bytes.length !== requestLength || !beginsWith(bytes, requestMagic)) return undefined;
  const view = viewOf(bytes);
  const [type, index, number] = [bytes[5], view.getUint16(6), view.getUint32(8)];
  if (type === types.dh) {
    if (index !== 0) return undefined;
    return { type: "dh", number, key: bytes.slice(12, 44), peer: bytes.slice(44) };
  }
  if (type !== types.key || !isZero(bytes.subarray(12))) return undefined;
  return { type: "key", number, index };
}

/** 44 bytes, the result copied into them. */
export function encodeResponse({ number, status, count, result }: AgentResponse): Uint8Array {
  const bytes = begun(responseLength, responseMagic, statuses.indexOf(status), number);
  viewOf(bytes).setUint16(6, count);
  bytes.set(result, 12);
  return bytes;
}

/** Takes 44 bytes apart; `undefined` for a response that is malformed in itself (AG-006, AG-007). The result is a copy. */
export function parseResponse(bytes: Uint8Array): AgentResponse | undefined {
  if (bytes.length !== responseLength || !beginsWith(bytes, responseMagic)) return undefined;
  const view = viewOf(bytes);
  const status = statuses[bytes[5] as number];
  const count = view.getUint16(6);
  const isDone = status === "done";
  if (status === undefined || count > (isDone ? maxAgentKeys : 0)) return undefined;
  if (isZero(bytes.subarray(12)) === isDone) return undefined;
  return { number: view.getUint32(8), status, count, result: copyOf(bytes.subarray(12)) };
}

/** A response without a result. */
export function unanswered(number: number, status: Exclude<AgentStatus, "done">): AgentResponse {
  return { number, status, count: 0, result: new Uint8Array(keyLength) };
}

/**
 * Cuts what a stream brings into messages of one size. It holds less than a message, and what was held is overwritten
 * when it is handed out.
 */
export class FixedFrames {
  readonly #held: Uint8Array;
  #length = 0;

  /** @param size bytes of a message */
  constructor(size: number) {
    this.#held = unmoved(size);
  }

  /** The messages that are complete with these bytes, as copies, each the caller's. */
  push(bytes: Uint8Array): Uint8Array[] {
    const size = this.#held.length;
    const frames: Uint8Array[] = [];
    let at = 0;
    while (at < bytes.length) {
      const piece = bytes.subarray(at, at + size - this.#length);
      this.#held.set(piece, this.#length);
      this.#length += piece.length;
      at += piece.length;
      if (this.#length === size) {
        frames.push(copyOf(this.#held));
        this.wipe();
      }
    }
    return frames;
  }

  wipe(): void {
    this.#held.fill(0);
    this.#length = 0;
  }
}

function begun(length: number, magic: readonly number[], kind: number, number: number): Uint8Array {
  const bytes = unmoved(length);
  bytes.set(magic);
  bytes[4] = version;
  bytes[5] = kind;
  viewOf(bytes).setUint32(8, number);
  return bytes;
}

/** An array made by hand is outside V8's heap, whose collector would leave copies of small ones behind, out of wiping's reach. */
function unmoved(length: number): Uint8Array {
  return new Uint8Array(new ArrayBuffer(length));
}

function copyOf(bytes: Uint8Array): Uint8Array {
  const copy = unmoved(bytes.length);
  copy.set(bytes);
  return copy;
}

function beginsWith(bytes: Uint8Array, magic: readonly number[]): boolean {
  return magic.every((byte, at) => bytes[at] === byte) && bytes[4] === version;
}

/** Whether all bytes are 0, in a time that does not depend on them. */
export function isZero(bytes: Uint8Array): boolean {
  let any = 0;
  for (const byte of bytes) any |= byte;
  return any === 0;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
