import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** How a direction of a link comes to its end. */
export type Cut = "FIN" | "RST" | "stall";

/** What a link is to do to the bytes of one direction. */
export interface Course {
  /** After so many bytes `cut` happens; never unless given. */
  readonly after?: number;
  readonly cut?: Cut;
  /** Milliseconds that each piece waits before it goes on. */
  readonly delay?: number;
}

/** One direction: bytes come from one socket and go to another, as far as they may. */
export class Direction {
  /** All that was passed on. */
  readonly passed: Buffer[] = [];
  #count = 0;
  #limit: number;
  #cut: Cut | undefined;
  readonly #delay: number;
  readonly #from: Socket;
  readonly #to: Socket;
  #turn: Promise<void> = Promise.resolve();
  #isOver = false;
  #held = false;
  /** The sender has ended, and all it said was passed on. */
  hasEnded = false;
  onEnd: (() => void) | undefined;

  constructor(from: Socket, to: Socket, { after = Number.POSITIVE_INFINITY, cut, delay = 0 }: Course) {
    this.#from = from;
    this.#to = to;
    this.#limit = after;
    this.#cut = cut;
    this.#delay = delay;
    from.on("data", (bytes: Buffer) => this.#queue(() => this.#pass(bytes)));
    from.on("end", () => this.#queue(async () => this.#end()));
    from.on("error", () => undefined);
    // A reset is passed on as what it is.
    from.on("close", (hadError) => {
      if (hadError && !to.destroyed && !this.#isStalled) to.resetAndDestroy();
    });
    if (after === 0) void this.#act();
  }

  /** Bytes passed on. */
  get count(): number {
    return this.#count;
  }

  /** Reads nothing from the sender until {@link release}. */
  hold(): void {
    this.#held = true;
    this.#from.pause();
  }

  release(): void {
    this.#held = false;
    this.#from.resume();
  }

  /** As much as may be was passed on. */
  get isUsedUp(): boolean {
    return this.#count >= this.#limit;
  }

  /** Passes only so many bytes more, then nothing. */
  limit(more: number): void {
    this.#limit = this.#count + more;
  }

  /** Comes to its end now, whatever is on its way. */
  async cutNow(cut: Cut): Promise<void> {
    this.#cut = cut;
    await this.#act();
  }

  /** It came to its end by a cut, and not by its sender's. */
  get wasCut(): boolean {
    return this.#isOver;
  }

  /** Resets the connection to the receiver alone; what it has said goes on its way. */
  resetReceiver(): void {
    this.#cut = "stall";
    this.#isOver = true;
    this.#to.resetAndDestroy();
  }

  get #isStalled(): boolean {
    return this.#isOver && this.#cut === "stall";
  }

  #queue(step: () => Promise<void>): void {
    this.#turn = this.#turn.then(step);
  }

  async #pass(bytes: Buffer): Promise<void> {
    if (this.#isOver || this.#to.destroyed) return;
    if (this.#delay > 0) await new Promise((resolve) => setTimeout(resolve, this.#delay));
    const piece = bytes.subarray(0, Math.max(0, this.#limit - this.#count));
    if (piece.length > 0) {
      this.#count += piece.length;
      this.passed.push(piece);
      this.#from.pause();
      await new Promise<void>((resolve) => this.#to.write(piece, () => resolve()));
      if (!this.#held) this.#from.resume();
    }
    if (this.#count >= this.#limit && this.#cut !== undefined) await this.#act();
  }

  #end(): void {
    if (this.#isOver) return;
    this.hasEnded = true;
    if (this.#count < this.#limit || this.#limit === Number.POSITIVE_INFINITY) this.#to.end();
    this.onEnd?.();
  }

  async #act(): Promise<void> {
    if (this.#isOver || this.#cut === undefined) return;
    this.#isOver = true;
    // What comes now is dropped, so that its sender is not held up.
    this.#from.resume();
    if (this.#cut === "FIN") this.#to.end();
    if (this.#cut === "RST") {
      // A reset takes what the peer has not been sent yet: on the loopback that is nothing after a turn.
      await new Promise((resolve) => setImmediate(resolve));
      this.#to.resetAndDestroy();
      this.#from.resetAndDestroy();
    }
  }
}

/** A wire of two directions between a client and a server, in this process, that can be cut, held and looked at. */
export class Link {
  readonly #server: Server;
  readonly #sockets: Socket[] = [];
  toServer: Direction | undefined;
  toClient: Direction | undefined;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** Listens for one client, whose bytes go on to a port of the loopback. */
  static async to(
    port: number,
    courses: { readonly toServer?: Course; readonly toClient?: Course } = {},
  ): Promise<Link> {
    const server = createServer({ allowHalfOpen: true, noDelay: true });
    const link = new Link(server);
    server.on("connection", (near) => {
      const far = connect({ port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
      link.#sockets.push(near, far);
      link.toServer = new Direction(near, far, courses.toServer ?? {});
      link.toClient = new Direction(far, near, courses.toClient ?? {});
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return link;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Both of its sockets are closed. */
  get isClosed(): boolean {
    return this.#sockets.every(({ closed }) => closed);
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
