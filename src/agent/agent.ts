import { createServer, type Server, type Socket } from "node:net";
import { resolve } from "node:path";
import { performance } from "node:perf_hooks";
import { formatPublicKey } from "../keys/portable.ts";
import { UsageError } from "../protocol/usage-error.ts";
import { listenForOwner } from "./agent-socket.ts";
import { Allowance } from "./allowance.ts";
import { AgentError } from "./errors.ts";
import type { AgentEvent, Asker, Outcome } from "./events.ts";
import { type AskCredentials, loadPeerCredentials } from "./peer-credentials.ts";
import {
  type AgentRequest,
  type AgentResponse,
  encodeResponse,
  FixedFrames,
  isZero,
  maxAgentKeys,
  parseRequest,
  requestLength,
  unanswered,
} from "./wire.ts";

/** A key that an agent answers with: one in this process, such as `readKeyFile` gives. */
export interface HeldKey {
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  /** X25519 with a peer's public key (32 bytes): 32 bytes that the agent overwrites, `undefined` for all zeros. */
  dh(publicKey: Uint8Array): Uint8Array | undefined;
}

export interface KeyAgentOptions {
  /** 1 to 16 keys, the newest first. */
  readonly keys: readonly HeldKey[];
  /** Users who may ask; this process's own and the administrator (0) unless given. */
  readonly allowUids?: readonly number[];
  /** Requests answered in a second, 4,000 unless given; a connection gets at most half of them. */
  readonly rate?: number;
  /** Connections at once; 64 unless given. */
  readonly maxConnections?: number;
  /** Is told what happens. It must not throw. */
  readonly observe?: (event: AgentEvent) => void;
  /** What tells who has connected; the system unless given, and `null` for a system that does not. */
  readonly credentials?: AskCredentials | null;
  /** Milliseconds, for the rate; `performance.now` unless given. */
  readonly now?: () => number;
}

/** AG-030, AG-034 */
export const defaultAgentRate = 4_000;
export const defaultAgentConnections = 64;
/** Requests that are answered before anything else of the process gets its turn. */
const turnLength = 32;

interface Connection {
  readonly asker: Asker;
  readonly socket: Socket;
  readonly frames: FixedFrames;
  readonly allowance: Allowance;
  /** Whole requests that wait. While there are any, nothing more is read (AG-031). */
  readonly waiting: Uint8Array[];
  answered: number;
  failed: number;
  isHeld: boolean;
}

/**
 * Holds long-term keys, and answers X25519 with them to processes that may ask (`spec/agent.md`): over a unix socket, and
 * nothing else.
 */
export class KeyAgent {
  readonly #server: Server;
  readonly #observe: (event: AgentEvent) => void;
  readonly #credentials: AskCredentials | undefined;
  readonly #uids: ReadonlySet<number>;
  readonly #isForAll: boolean;
  readonly #rate: number;
  readonly #maxConnections: number;
  readonly #now: () => number;
  readonly #allowance: Allowance;
  readonly #connections = new Set<Connection>();
  /** Those with requests that wait, in the order of their turns (AG-032). */
  readonly #turns = new Set<Connection>();
  #timer: NodeJS.Timeout | undefined;
  #keys: ReadonlyMap<string, HeldKey>;
  #last = 0;

  /**
   * @throws UsageError for options that make no sense; AgentError ERR_HAWSER_AGENT_USERS where others are to be let in, and
   * the system can't tell who connects (AG-021)
   */
  constructor(options: KeyAgentOptions) {
    const { rate = defaultAgentRate, maxConnections = defaultAgentConnections } = options;
    const { now = () => performance.now(), observe = () => undefined } = options;
    if (!(rate > 0) || !(maxConnections >= 1)) throw new UsageError("rate and maxConnections are above 0");
    this.#keys = keysByText(options.keys);
    this.#observe = observe;
    this.#now = now;
    this.#rate = rate;
    this.#maxConnections = maxConnections;
    this.#allowance = new Allowance(rate, now());
    const own = process.geteuid?.() ?? 0;
    this.#uids = new Set(options.allowUids ?? [own, 0]);
    this.#isForAll = [...this.#uids].some((uid) => uid !== own && uid !== 0);
    this.#credentials =
      options.credentials === undefined ? loadPeerCredentials() : (options.credentials ?? undefined);
    if (this.#credentials === undefined && (this.#isForAll || !this.#uids.has(own) || !this.#uids.has(0))) {
      throw new AgentError(
        "ERR_HAWSER_AGENT_USERS",
        "Who may ask can't be chosen here, as this system does not tell who connects, or the optional package that asks " +
          "it is not installed: the agent's own user and the administrator may, and others can't connect.",
      );
    }
    this.#server = createServer((socket) => this.#connected(socket));
  }

  /** Whether the system tells who connects; otherwise the socket's mode alone keeps others out. */
  get knowsWhoAsks(): boolean {
    return this.#credentials !== undefined;
  }

  /** The public keys' texts, in the agent's order. */
  get publicKeys(): readonly string[] {
    return [...this.#keys.keys()];
  }

  /**
   * Makes the socket: for the own user and the administrator, or where others are let in for all, who are then looked at.
   *
   * @throws AgentError ERR_HAWSER_AGENT_FOLDER, UsageError, the system's error
   */
  async listen(path: string): Promise<void> {
    await listenForOwner(this.#server, resolve(path), this.#isForAll);
    this.#server.on("error", () => undefined); // Of accepting: the next one may do.
  }

  /** Other keys from now on: 1 to 16, the newest first. Connections go on. @throws UsageError */
  take(keys: readonly HeldKey[]): void {
    this.#keys = keysByText(keys);
  }

  /** Ends all connections, and takes no more. */
  close(): Promise<void> {
    clearTimeout(this.#timer);
    return new Promise((done) => {
      this.#server.close(() => done());
      for (const { socket } of this.#connections) socket.destroy();
    });
  }

  #connected(socket: Socket): void {
    socket.on("error", () => undefined); // 'close' says all there is to say.
    const credentials = this.#credentials?.(socket);
    const asker: Asker = { connection: ++this.#last, credentials };
    const reason = this.#refusal(credentials);
    if (reason !== undefined) {
      socket.destroy(); // AG-024
      this.#observe({ type: "refused", asker, reason });
      return;
    }
    const connection: Connection = {
      ...{ asker, socket, waiting: [], answered: 0, failed: 0, isHeld: false },
      frames: new FixedFrames(requestLength),
      allowance: new Allowance(this.#rate / 2, this.#now()),
    };
    this.#connections.add(connection);
    this.#observe({ type: "connected", asker });
    socket.on("data", (bytes: Buffer) => {
      connection.waiting.push(...connection.frames.push(bytes));
      if (connection.waiting.length === 0) return;
      socket.pause();
      this.#turns.add(connection);
      this.#serve();
    });
    socket.on("drain", () => {
      if (connection.waiting.length === 0) {
        socket.resume();
        return;
      }
      this.#turns.add(connection);
      this.#serve();
    });
    socket.on("close", () => {
      this.#connections.delete(connection);
      this.#turns.delete(connection);
      const { answered, failed } = connection;
      this.#observe({ type: "disconnected", asker, answered, failed });
    });
  }

  /** AG-020, AG-034 */
  #refusal(credentials: ReturnType<AskCredentials>): "user" | "unknown user" | "limit" | undefined {
    if (this.#credentials !== undefined) {
      if (credentials === undefined) return "unknown user";
      if (!this.#uids.has(credentials.uid)) return "user";
    }
    return this.#connections.size >= this.#maxConnections ? "limit" : undefined;
  }

  /** Answers what may be answered now, one of each connection in turn, its oldest (AG-004), and comes back for the rest. */
  #serve(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (let done = 0; this.#turns.size > 0; done++) {
      const now = this.#now();
      const [next, wait] = this.#next(now);
      if (next === undefined || done === turnLength) {
        this.#timer = setTimeout(() => this.#serve(), Math.ceil(wait));
        return;
      }
      this.#turns.delete(next);
      this.#answer(next);
      if (next.waiting.length > 0) {
        // AG-033: otherwise 'drain' gives it its next turn.
        if (!next.socket.writableNeedDrain && !next.socket.destroyed) this.#turns.add(next);
      } else {
        next.isHeld = false;
        if (!next.socket.writableNeedDrain) next.socket.resume();
      }
    }
  }

  /** Whose turn it is; or nobody's, and how long to wait in milliseconds. */
  #next(now: number): readonly [Connection | undefined, number] {
    const common = this.#allowance.wait(now);
    let shortest = Number.POSITIVE_INFINITY;
    for (const connection of this.#turns) {
      const wait = Math.max(common, connection.allowance.wait(now));
      if (wait === 0) return [connection, 0];
      shortest = Math.min(shortest, wait);
      if (connection.isHeld) continue;
      connection.isHeld = true;
      this.#observe({ type: "held", asker: connection.asker });
    }
    return [undefined, shortest];
  }

  #answer(connection: Connection): void {
    const { asker, socket, waiting } = connection;
    const frame = waiting.shift();
    if (frame === undefined) return;
    const request = parseRequest(frame);
    if (request === undefined) {
      waiting.length = 0;
      socket.destroy(); // AG-005
      this.#observe({ type: "malformed", asker });
      return;
    }
    this.#allowance.take();
    connection.allowance.take();
    const response = request.type === "key" ? this.#keyAt(request) : this.#dh(connection, request);
    const bytes = encodeResponse(response);
    response.result.fill(0);
    socket.write(bytes, () => bytes.fill(0)); // AG-010
  }

  #keyAt({ number, index }: AgentRequest & { type: "key" }): AgentResponse {
    const key = [...this.#keys.values()][index];
    if (key === undefined) return unanswered(number, "unknownKey");
    return { number, status: "done", count: this.#keys.size, result: key.publicKey.slice() };
  }

  #dh(connection: Connection, { number, key, peer }: AgentRequest & { type: "dh" }): AgentResponse {
    const text = formatPublicKey(key);
    const held = this.#keys.get(text);
    const [outcome, result] = held === undefined ? (["unknownKey"] as const) : tryDh(held, peer);
    if (result === undefined) connection.failed++;
    else connection.answered++;
    const { asker } = connection;
    this.#observe({ type: "answered", asker, key: held === undefined ? undefined : text, outcome });
    if (result !== undefined) return { number, status: "done", count: 0, result };
    return unanswered(number, outcome === "done" ? "failed" : outcome);
  }
}

/** AG-008: an output of zeros, however the key says it, is none. */
function tryDh(key: HeldKey, peer: Uint8Array): readonly [Outcome, Uint8Array?] {
  try {
    const result = key.dh(peer);
    return result === undefined || isZero(result) ? ["zero"] : ["done", result];
  } catch {
    return ["failed"];
  }
}

function keysByText(keys: readonly HeldKey[]): ReadonlyMap<string, HeldKey> {
  const byText = new Map(keys.map((key) => [formatPublicKey(key.publicKey), key]));
  if (byText.size === keys.length && keys.length >= 1 && keys.length <= maxAgentKeys) return byText; // AG-009
  throw new UsageError(`an agent holds 1 to ${maxAgentKeys} keys, each once`);
}
