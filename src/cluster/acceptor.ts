import { randomInt } from "node:crypto";
import { type AddressInfo, Socket } from "node:net";
import type { AuthorizedKeys } from "../keys/index.ts";
import { nameOf } from "../net/dial.ts";
import {
  AlertError,
  createServer,
  detach,
  type HandshakeInfo,
  type HawserServer,
  type HawserServerOptions,
  type HawserSocket,
} from "../net/index.ts";
import { sharedPrimitives } from "../net/primitives.ts";
import { defaultRemovalInterval, Removals } from "../net/removals.ts";
import type { Primitives } from "../protocol/index.ts";
import { Giver, UsageError } from "../protocol/index.ts";
import { whoseSession } from "../protocol/transfer/blob.ts";
import { type Choice, headOf, type Picked, requireChoice, type Watcher } from "./choice.ts";
import { shortNumber } from "./credits.ts";
import { Descriptor } from "./descriptor.ts";
import { receiveDescriptors } from "./descriptor-pipe.ts";
import { type Frame, FrameReader } from "./frames.ts";
import { Link, type LinkStart } from "./link.ts";
import { noteBytes } from "./pass-on.ts";
import { nextOf, type Passage, refuse } from "./passage.ts";
import { dropPrivileges, type Identity, withoutDebugger } from "./privileges.ts";
import type { Told } from "./told.ts";

/** What an acceptor is made with: what a server is, and how it chooses. */
export interface AcceptorOptions extends HawserServerOptions {
  /** Chooses a worker; whoever has least to do unless given. */
  readonly choose?: Choice;
  /** A client was not let in, or went away before. Nothing but a log needs this. */
  readonly onHandshakeError?: (error: Error, info: HandshakeInfo) => void;
  /**
   * Where keys are looked up once their connections are with workers: those of keys that are not there any more end with
   * `not_authorized`. It is `authorize` unless given, where that is a file of authorized keys.
   */
  readonly authorized?: Pick<AuthorizedKeys, "lookup">;
  /** What the admin's program has to say, by `cluster.tell()`. */
  readonly onMessage?: (message: unknown) => void;
  /** How many connections count for `limits.connections` besides: those of older acceptors, say. */
  readonly openElsewhere?: () => number;
}

/** The way to the admin's program. */
export interface AdminLink {
  /** Tells it anything that JSON has, in up to 60,000 bytes. */
  tell(message: unknown): void;
}

/** The descriptors that an acceptor is started with. */
export const acceptorDescriptors = { link: 3, told: 4, listening: 5 } as const;

/** What the admin tells an acceptor at its start, in its environment. */
export interface AcceptorStart {
  readonly identity?: Identity;
  /** The listening socket's path, where it has one. */
  readonly path?: string;
}

/**
 * Makes this process the acceptor of a cluster: it has the port and the keys, makes the handshakes, decides who is let in, and
 * passes the connections on to workers.
 *
 * @param open opens the keys. It is called with the privileges that the process was started with; they are given up, and
 * clients are let in, after it
 * @throws UsageError in a process that no cluster has started, and for options that make no sense
 */
export async function runAcceptor(
  open: (admin: AdminLink) => AcceptorOptions | Promise<AcceptorOptions>,
): Promise<void> {
  if (process.env["HAWSER_CLUSTER"] !== "acceptor") {
    throw new UsageError("runAcceptor() is for a process that startCluster() has started");
  }
  withoutDebugger();
  const start: AcceptorStart = JSON.parse(process.env["HAWSER_CLUSTER_START"] ?? "{}");
  const told = new Socket({ fd: acceptorDescriptors.told, readable: false, writable: true });
  told.on("error", () => undefined); // The admin is gone, which its link tells.
  const tell = (say: Told) => void told.write(`${JSON.stringify(say)}\n`);
  const admin: AdminLink = { tell: (message) => tell({ type: "message", message }) };
  try {
    const [primitives, options] = await Promise.all([sharedPrimitives(), open(admin)]);
    if (start.identity !== undefined) dropPrivileges(start.identity);
    await new Acceptor(primitives, options, start, tell, () => told.end(() => process.exit(0))).start();
  } catch (error) {
    await new Promise<void>((done) => told.end(() => done()));
    throw error;
  }
}

/** How long a connection may wait for a worker, in milliseconds, when there is none that could be asked. */
const patience = 5_000;

class Acceptor {
  readonly #primitives: Primitives;
  readonly #choice: Choice | undefined;
  readonly #server: HawserServer;
  readonly #removals: Removals | undefined;
  readonly #start: AcceptorStart;
  readonly #tell: (told: Told) => void;
  readonly #end: () => void;
  readonly #onMessage: ((message: unknown) => void) | undefined;
  readonly #links = new Map<number, Link>();
  /** A worker's first pipe, until its second is there. */
  readonly #halves = new Map<number, Frame>();
  /** Connections for which there is nobody to be asked. */
  readonly #waiting = new Set<Passage>();
  /** Connections on their way to a first offer. */
  #choosing = 0;
  #isRetiring = false;
  #isRetired = false;

  constructor(
    primitives: Primitives,
    options: AcceptorOptions,
    start: AcceptorStart,
    tell: (told: Told) => void,
    end: () => void,
  ) {
    const { choose, onHandshakeError, authorized = options.authorize, ...others } = options;
    const { onMessage, openElsewhere = () => 0, ...serverOptions } = others;
    this.#tell = tell;
    this.#end = end;
    this.#onMessage = onMessage;
    const { endRemoved = defaultRemovalInterval } = options;
    this.#primitives = primitives;
    this.#choice = choose && requireChoice(choose);
    this.#start = start;
    this.#server = createServer({ ...serverOptions, allowHalfOpen: true });
    this.#server.openElsewhere = () => {
      const passedOn = [...this.#links.values()].reduce((sum, { load }) => sum + load, this.#waiting.size);
      return passedOn + openElsewhere();
    };
    this.#server.on("connection", (socket) => void this.#pass(socket));
    if (typeof authorized !== "function" && endRemoved !== false) {
      const given = () => [...this.#links.values()].flatMap((link) => link.given);
      this.#removals = new Removals(authorized, endRemoved, given);
    }
    if (onHandshakeError !== undefined) this.#server.on("handshakeError", onHandshakeError);
  }

  async start(): Promise<void> {
    const frames = new FrameReader((frame) => this.#take(frame));
    receiveDescriptors(acceptorDescriptors.link, {
      bytes: (bytes) => frames.bytes(bytes),
      handle: (handle) => frames.handle(handle),
      end: () => this.#retire(false),
    });
    const server = this.#server;
    const { path } = this.#start;
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen({ fd: acceptorDescriptors.listening, ...(path === undefined ? {} : { path }) }, () => {
        server.off("error", reject);
        resolve();
      });
    });
    server.on("error", (error) => this.#tell({ type: "error", words: error.message }));
    const address = server.address();
    this.#tell({
      type: "listening",
      url: address === null ? "" : server.url(),
      address: address === null ? "" : placeName(address),
    });
  }

  #take(frame: Frame): void {
    const { type, id, body } = frame;
    if (type === "Link") this.#halves.set(id, frame);
    else if (type === "Credit") this.#join(frame, this.#halves.get(id));
    else if (type === "Exited") this.#links.get(id)?.exited();
    else if (type === "Retire") this.#retire(body.length > 0);
    else if (type === "Message") this.#onMessage?.(JSON.parse(new TextDecoder().decode(body)));
  }

  #join({ id, handle: credits }: Frame, half: Frame | undefined): void {
    if (half?.handle === undefined || credits === undefined) throw new Error("a worker has two pipes");
    this.#halves.delete(id);
    const start: LinkStart = JSON.parse(new TextDecoder().decode(half.body));
    const link = new Link(id, start, half.handle, credits, {
      ready: ({ worker }) => {
        this.#tell({ type: "ready", worker });
        for (const passage of [...this.#waiting]) this.#offer(passage);
      },
      returned: (passage) => this.#offer(passage),
      lost: ({ watcher }, { worker }) => {
        this.#tell({ type: "lost", worker });
        watcher?.over?.("lost");
      },
      passed: (passage, to, from) => {
        const links = [...this.#links.values()];
        const next = links.find((link) => link !== from && shortNumber(link.worker) === to);
        next?.hand(passage);
        return next !== undefined;
      },
      doubted: (worker, by) => {
        const isAsked = this.#links.get(worker)?.ask() ?? false;
        if (isAsked) this.#tell({ type: "doubted", worker, by: by.worker });
        return isAsked;
      },
      settled: () => this.#settled(),
      over: ({ worker }) => {
        this.#links.delete(worker);
        this.#settled();
      },
      fault: ({ worker }, why) => this.#tell({ type: "fault", worker, words: why }),
    });
    this.#links.set(id, link);
  }

  /** A client that was let in. */
  async #pass(socket: HawserSocket): Promise<void> {
    socket.on("error", () => undefined);
    const publicKey = socket.remotePublicKey as Uint8Array;
    this.#choosing++;
    let watcher: Watcher | undefined;
    try {
      const choice = this.#choice;
      const picked: Picked = choice === undefined ? {} : choice.pick(await headOf(socket, choice), socket);
      watcher = picked.watcher;
      const note = noteBytes(picked.note);
      const { blob, handle } = await detach(socket, { signal: AbortSignal.timeout(patience) });
      const whose = whoseSession(blob);
      const giver = new Giver(this.#primitives, blob);
      const id = this.#freshId();
      this.#offer({
        ...{
          id,
          giver,
          publicKey,
          whose,
          descriptor: new Descriptor(handle),
          watcher,
          note,
          holder: undefined,
          timer: undefined,
          isEnding: false,
          wasEnding: false,
          isHanded: true,
        },
        wanted: picked.worker,
        refusedBy: new Set(),
      });
    } catch (error) {
      // What the choice throws is told to no client; and one whose connection has ended is told nothing.
      const isAlert = error instanceof AlertError;
      if (!socket.destroyed) socket.dismiss(isAlert ? error : new AlertError("internal_error"));
      watcher?.over?.("broken");
      if (!isAlert)
        this.#tell({ type: "error", words: error instanceof Error ? error.message : String(error) });
    } finally {
      this.#choosing--;
      this.#exitIfDone();
    }
  }

  /** No worker can know the number of a connection that it has never had, and get in the way of one that others pass on. */
  #freshId(): number {
    for (;;) {
      const id = randomInt(2 ** 32);
      const isFree = ![...this.#links.values()].some((link) => link.has(id));
      if (isFree && ![...this.#waiting].some((passage) => passage.id === id)) return id;
    }
  }

  #offer(passage: Passage): void {
    const links = [...this.#links.values()];
    const next = nextOf(links, passage);
    if (next !== undefined) {
      this.#waiting.delete(passage);
      clearTimeout(passage.timer);
      next.offer(passage);
    } else if (links.some((link) => link.isReady) || this.#isRetired) {
      this.#refuse(passage);
    } else if (!this.#waiting.has(passage)) {
      this.#waiting.add(passage);
      passage.timer = setTimeout(() => this.#refuse(passage), patience);
    }
  }

  /** All that there are have no room, or there is none. */
  #refuse(passage: Passage): void {
    clearTimeout(passage.timer);
    this.#waiting.delete(passage);
    this.#tell({ type: "busy" });
    passage.watcher?.over?.("busy");
    void refuse(passage).finally(() => this.#exitIfDone());
  }

  /** Takes no more connections. Those under way are passed on, or are ended where nothing is to wait for them. */
  #retire(atOnce: boolean): void {
    if (this.#isRetiring && !atOnce) return;
    this.#isRetiring = true;
    const closed = atOnce ? this.#server.close({ grace: 0 }) : this.#server.retire();
    void closed.then(() => {
      this.#isRetired = true;
      this.#exitIfDone();
    });
  }

  #settled(): void {
    this.#removals?.watch();
    this.#exitIfDone();
  }

  /** It stays as long as there is a connection whose key may be removed. Workers end after it. */
  #exitIfDone(): void {
    if (!this.#isRetired || this.#choosing > 0 || this.#waiting.size > 0) return;
    if ([...this.#links.values()].some(({ isIdle }) => !isIdle)) return;
    this.#end();
  }
}

function placeName(address: string | AddressInfo): string {
  return typeof address === "string" ? address : nameOf({ host: address.address, port: address.port });
}
