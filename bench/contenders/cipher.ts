import { createCipheriv, createDecipheriv } from "node:crypto";
import { connect, createServer, Socket, type SocketConstructorOpts } from "node:net";
import type { Connection, Contender } from "./contender.ts";
import { listenOn, overDuplex } from "./duplex.ts";

const textLength = 32_768;
const recordLength = textLength + 16;
const keyed = ["chacha20-poly1305", Buffer.alloc(32, 7), Buffer.alloc(12)] as const;
const options = { authTagLength: recordLength - textLength };

/**
 * Node's ChaCha20-Poly1305 between sockets of `node:net`, and nothing else: what a secure channel in JavaScript can't be
 * faster than. One key and one nonce for all, no handshake, no heads, no ends; and only what the client writes, in whole
 * 32 KiB, is sealed. It does for its speed what Hawser does: memory is used again or given back at once, and read into in
 * 256 KiB.
 */
export const cipherAlone: Contender = {
  id: "cipher",
  name: "Node's ChaCha20-Poly1305 over TCP, alone",
  works: ["bulk"],
  credentials: async () => ({ server: {}, client: {} }),
  listen: (_credentials, welcome) =>
    listenOn(createServer({ pauseOnConnect: true, noDelay: true }, (accepted) => welcome(opening(accepted)))),
  client: async (_credentials, address) => () =>
    new Promise((resolve, reject) => {
      const socket = connect({ ...address, noDelay: true });
      socket.once("error", reject);
      socket.once("connect", () => resolve(sealing(socket)));
    }),
};

function sealing(socket: Socket): Connection {
  const spare: Buffer[] = [];
  return {
    ...overDuplex(socket),
    write(bytes) {
      const records = bytes.length / textLength;
      const out = spare.pop() ?? Buffer.allocUnsafeSlow(records * recordLength);
      for (let i = 0; i < records; i++) {
        const text = bytes.subarray(i * textLength, (i + 1) * textLength);
        seal(text, out.subarray(i * recordLength, (i + 1) * recordLength));
      }
      return socket.write(out, () => void spare.push(out));
    },
  };
}

function seal(text: Uint8Array, out: Uint8Array): void {
  const cipher = createCipheriv(...keyed, options);
  const sealed = cipher.update(text);
  out.set(sealed);
  giveBack(sealed.buffer as ArrayBuffer);
  cipher.final();
  out.set(cipher.getAuthTag(), textLength);
}

/** An accepted socket over again, as `node:net` has no other way to have one read into memory of one's own. */
function opening(accepted: Socket): Connection {
  const shell = accepted as unknown as { _handle: unknown };
  const { _handle: handle } = shell;
  shell._handle = null;
  const memory = Buffer.allocUnsafeSlow(262_144);
  const cut = Buffer.allocUnsafeSlow(recordLength);
  let held = 0;
  let data = (_bytes: Uint8Array): void => undefined;
  const take = (length: number): boolean => {
    let at = 0;
    while (at < length) {
      if (held === 0 && length - at >= recordLength) {
        data(open(memory.subarray(at, at + recordLength)));
        at += recordLength;
        continue;
      }
      const part = Math.min(recordLength - held, length - at);
      cut.set(memory.subarray(at, at + part), held);
      at += part;
      held += part;
      if (held < recordLength) continue;
      held = 0;
      data(open(cut));
    }
    return true;
  };
  const onread = { buffer: memory, callback: take };
  const socket = new Socket({ handle, onread, manualStart: true } as SocketConstructorOpts);
  const { start, ...rest } = overDuplex(socket);
  return {
    ...rest,
    start(events) {
      ({ data } = events);
      start(events);
      socket.resume();
    },
  };
}

function open(record: Uint8Array): Uint8Array {
  const decipher = createDecipheriv(...keyed, options);
  decipher.setAuthTag(record.subarray(textLength));
  const text = decipher.update(record.subarray(0, textLength));
  decipher.final();
  return text;
}

const { port1: port, port2 } = new MessageChannel();
port2.close();

/** Node 20 has no `transfer`; what goes to a port that has closed is dropped. */
function giveBack(memory: ArrayBuffer): void {
  const { transfer } = memory as { transfer?(length: number): unknown };
  if (transfer === undefined) port.postMessage(undefined, [memory]);
  else transfer.call(memory, 0);
}
