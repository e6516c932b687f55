import type { Socket } from "node:net";
import { Duplex } from "node:stream";

/** A socket behind a stream that fails with the socket's first error, whatever of its input has not been read. */
export class NaiveStream extends Duplex {
  readonly #socket: Socket;

  constructor(socket: Socket) {
    super({ readableHighWaterMark: 0 });
    this.#socket = socket;
    socket.on("data", (bytes) => {
      if (!this.push(bytes)) socket.pause();
    });
    socket.on("end", () => this.push(null));
    socket.on("error", (error) => this.destroy(error));
    socket.on("close", () => this.destroy());
    socket.pause();
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(bytes: Uint8Array, _encoding: BufferEncoding, callback: () => void): void {
    this.#socket.write(bytes, callback);
  }

  override _final(callback: () => void): void {
    this.#socket.end(callback);
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    this.#socket.destroy();
    callback(error);
  }
}
