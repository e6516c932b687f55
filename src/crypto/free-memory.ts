/**
 * Memory that is given back at once, not when it is collected. Where each text comes in a new array tens of megabytes of them
 * wait for the collector, which that makes run again and again; and the next array would be in memory that the processor
 * has not in its caches. Sealing and sending 64 KiB takes 15 to 35 % less time so.
 */

/** ECMAScript 2024, 25.1.6.8. */
interface Transferable {
  transfer?(newByteLength: number): unknown;
}

interface Port {
  postMessage(message: unknown, transfer: readonly ArrayBufferLike[]): void;
}

/**
 * Gives back the memory of bytes that nobody uses any more, if they have it to themselves; they have none from then on.
 *
 * @param besides how many other bytes may be in it, of which nobody has a use either
 */
export function freeMemory(bytes: Uint8Array, besides = 0): void {
  const { buffer } = bytes;
  if (bytes.byteLength === 0 || buffer.byteLength - bytes.byteLength > besides) return;
  const { transfer } = buffer as Transferable;
  if (transfer === undefined) sendToNobody(buffer);
  else transfer.call(buffer, 0);
}

let port: Port | undefined;

/** What is sent to a port whose other end has closed is dropped: for Node 20, whose buffers have no `transfer`. */
function sendToNobody(buffer: ArrayBufferLike): void {
  port ??= portToNobody();
  port.postMessage(undefined, [buffer]);
}

function portToNobody(): Port {
  const { port1, port2 } = new MessageChannel();
  port2.close();
  return port1 as unknown as Port;
}
