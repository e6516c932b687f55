import type { AddressInfo, Socket } from "node:net";
import { Duplex, type Readable } from "node:stream";
import { IdleTimer } from "./idle-timer.ts";

/** The events of a socket, and what their listeners get. */
export interface HawserSocketEvents {
  /** Just before `ready`, for whoever waits for it at a `net.Socket`. */
  connect: [];
  /** The handshake is over, and the peer let in. */
  ready: [];
  /** There was no data for as long as `setTimeout` was told. */
  timeout: [];
  /** A string once `setEncoding` has been called. */
  data: [chunk: Buffer];
  end: [];
  error: [error: Error];
  close: [];
  drain: [];
  finish: [];
  readable: [];
  pause: [];
  resume: [];
  pipe: [source: Readable];
  unpipe: [source: Readable];
}

/**
 * What a socket has because `net.Socket` has it: the typed events, the idle time-out, addresses, `ref` and `unref`, and
 * what a transport of TCP's can be told.
 *
 * `destroySoon` it has not: `node:http` would call it where it is done with a connection, and the peer, whose own
 * direction goes on, would be told `cancelled` after a clean end.
 */
export abstract class NetSurface extends Duplex {
  protected readonly idle = new IdleTimer(() => this.emit("timeout"));
  #isRef = true;

  /** Where the socket has one: what it is about to be carried over has not. */
  protected abstract get transport(): Partial<Socket> | undefined;

  override on(event: "data", listener: (chunk: Buffer) => void): this;
  override on<E extends keyof HawserSocketEvents>(
    event: E,
    listener: (...args: HawserSocketEvents[E]) => void,
  ): this;
  override on(event: "data", listener: (text: string) => void): this;
  override on(event: string | symbol, listener: (...args: unknown[]) => void): this;
  override on(event: string | symbol, listener: (...args: never[]) => void): this {
    return super.on(event, listener as () => void);
  }

  override once(event: "data", listener: (chunk: Buffer) => void): this;
  override once<E extends keyof HawserSocketEvents>(
    event: E,
    listener: (...args: HawserSocketEvents[E]) => void,
  ): this;
  override once(event: "data", listener: (text: string) => void): this;
  override once(event: string | symbol, listener: (...args: unknown[]) => void): this;
  override once(event: string | symbol, listener: (...args: never[]) => void): this {
    return super.once(event, listener as () => void);
  }

  /**
   * As `net.Socket` has it: `'timeout'` after so many milliseconds without data in either direction; 0 for never.
   *
   * @throws UsageError for what is no time
   */
  setTimeout(milliseconds: number, listener?: () => void): this {
    this.idle.set(milliseconds);
    if (listener === undefined) return this;
    return milliseconds > 0 ? this.once("timeout", listener) : this.off("timeout", listener);
  }

  /** What `setTimeout` was told; `undefined` for never. */
  get timeout(): number | undefined {
    return this.idle.milliseconds;
  }

  /** Keeps the process alive, as it does unless told otherwise. */
  ref(): this {
    this.setRef(true);
    return this;
  }

  /** Lets the process end although the socket is open. */
  unref(): this {
    this.setRef(false);
    return this;
  }

  /** As `net.Socket` has it, where the transport has it too. */
  setNoDelay(noDelay = true): this {
    return this.#tellTransport((transport) => transport.setNoDelay?.(noDelay));
  }

  /** As `net.Socket` has it, where the transport has it too. */
  setKeepAlive(keepAlive = false, initialDelay = 0): this {
    return this.#tellTransport((transport) => transport.setKeepAlive?.(keepAlive, initialDelay));
  }

  #tellTransport(tell: (transport: Partial<Socket>) => void): this {
    const { transport } = this;
    if (transport !== undefined) tell(transport);
    else this.once("connect", () => this.transport && tell(this.transport));
    return this;
  }

  protected get isRef(): boolean {
    return this.#isRef;
  }

  protected setRef(isRef: boolean): void {
    this.#isRef = isRef;
    if (isRef) this.transport?.ref?.();
    else this.transport?.unref?.();
  }

  /** The transport's own address, as `net.Socket` has it; empty where the transport has none. */
  address(): AddressInfo | Record<string, never> {
    return (this.transport?.address?.() as AddressInfo | undefined) ?? {};
  }

  get remoteAddress(): string | undefined {
    return this.transport?.remoteAddress;
  }

  get remotePort(): number | undefined {
    return this.transport?.remotePort;
  }

  get remoteFamily(): string | undefined {
    return this.transport?.remoteFamily;
  }

  get localAddress(): string | undefined {
    return this.transport?.localAddress;
  }

  get localPort(): number | undefined {
    return this.transport?.localPort;
  }
}
