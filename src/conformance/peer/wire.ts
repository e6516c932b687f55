import type { Socket } from "node:net";
import { Deviation } from "../deviation.ts";
import { hexOf } from "../shim/hex.ts";
import { Watched } from "../watched.ts";
import { ByteQueue } from "./byte-queue.ts";

/** How the shim ended its direction of the transport. */
export type TransportEnd = "end of file" | "reset";

/** The runner's end of the one TCP connection of a case. */
export class Wire extends Watched {
  readonly #socket: Socket;
  readonly #note: (line: string) => void;
  /** What has arrived and has not been read. */
  readonly unread = new ByteQueue();
  #ended: TransportEnd | undefined;
  /** Whether the own direction has been ended. */
  hasEnded = false;

  /** @param note told, a line each, what is sent and done */
  constructor(socket: Socket, note: (line: string) => void) {
    super();
    this.#socket = socket;
    this.#note = note;
    socket.setNoDelay(true);
    socket.on("data", (bytes: Uint8Array) => {
      this.unread.push(bytes);
      this.changed();
    });
    socket.on("end", () => this.#over("end of file"));
    socket.on("error", () => this.#over("reset"));
    socket.on("close", () => this.#over("reset"));
  }

  /** Set once the shim has ended its direction, behind all its bytes. */
  get ended(): TransportEnd | undefined {
    return this.#ended;
  }

  /**
   * The next bytes.
   *
   * @throws Deviation where they do not come within `ms`
   */
  async read(length: number, what: string, ms: number): Promise<Uint8Array> {
    await this.until(() => (this.unread.length >= length || this.#ended ? true : undefined), ms);
    if (this.unread.length < length) {
      const got = this.#ended ?? "no more";
      throw new Deviation(`${what} (${length} bytes)`, `${this.unread.length} bytes and ${got}`);
    }
    return this.unread.take(length);
  }

  /** How the shim ended its direction; `undefined` when it has not within `ms`. */
  untilEnded(ms: number): Promise<TransportEnd | undefined> {
    return this.until(() => this.#ended, ms);
  }

  /** Sends bytes, in one piece. */
  send(bytes: Uint8Array, what: string): void {
    this.#note(`sent ${what}: ${shown(bytes)}`);
    if (bytes.length > 0) this.#socket.write(bytes);
  }

  /** Sends bytes in pieces of `size`, `ms` apart; with 0 the shim still gets time to read between them. */
  async drip(bytes: Uint8Array, what: string, size = 1, ms = 0): Promise<void> {
    this.#note(`sent ${what}, ${size} bytes at a time: ${shown(bytes)}`);
    for (let at = 0; at < bytes.length && this.#ended !== "reset"; at += size) {
      this.#socket.write(bytes.subarray(at, at + size));
      await pause(ms);
    }
  }

  /** Half-closes. */
  end(): void {
    if (!this.hasEnded) this.#note("ended the transport's direction");
    this.hasEnded = true;
    this.#socket.end();
  }

  reset(): void {
    this.#note("reset the transport");
    this.hasEnded = true;
    this.#socket.resetAndDestroy();
  }

  /** Reads no more, so that the shim's writes get stuck. */
  stopReading(): void {
    this.#note("stopped reading");
    this.#socket.pause();
  }

  readOn(): void {
    this.#socket.resume();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #over(how: TransportEnd): void {
    this.#ended ??= how;
    this.changed();
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => (ms === 0 ? setImmediate(resolve) : setTimeout(resolve, ms)));
}

/** Bytes for people: the first 64. */
export function shown(bytes: Uint8Array): string {
  if (bytes.length === 0) return "no bytes";
  const hex = hexOf(bytes.subarray(0, 64));
  return bytes.length <= 64 ? `${hex} (${bytes.length} bytes)` : `${hex}… (${bytes.length} bytes)`;
}
