import { connect, type Socket } from "node:net";
import { showPath } from "../keys/errors.ts";
import { AgentError } from "./errors.ts";
import {
  type AgentRequest,
  type AgentResponse,
  encodeRequest,
  FixedFrames,
  parseResponse,
  responseLength,
} from "./wire.ts";

/** What is asked, without its number: that is given when it is sent. */
export type Question =
  | { readonly type: "dh"; readonly key: Uint8Array; readonly peer: Uint8Array }
  | { readonly type: "key"; readonly index: number };

/** A question until it is answered or given up. */
interface Asked {
  readonly question: Question;
  readonly resolve: (response: AgentResponse) => void;
  readonly reject: (error: AgentError) => void;
  readonly deadline: NodeJS.Timeout;
  /** An agent has got it, over this connection or one before. */
  wasSent: boolean;
  /** Connections that ended while it had no answer. */
  losses: number;
}

/** How long to wait after a connection that failed, in milliseconds: doubled each time, up to the last. */
const backoff = { first: 20, last: 1_000 } as const;
/** A question is not sent again when so many connections have ended on it. */
const maxLosses = 3;

/** What waiting does not mend. */
const lasting: ReadonlySet<string> = new Set([
  "EACCES",
  "EPERM",
  "ENOTSOCK",
  "ENOTDIR",
  "EPROTOTYPE",
  "ELOOP",
]);

/**
 * Asks an agent, over one connection that is made when it is needed and made anew when it ends. Questions are sent as they
 * come, without waiting for the answers before. Each is answered or given up by its deadline (AG-040); until then an
 * agent that is away is waited for, and one that ended the connection is asked again (AG-041).
 *
 * It keeps the process alive only while something is asked.
 */
export class AgentAsker {
  readonly #path: string;
  readonly #timeout: number;
  #socket: Socket | undefined;
  #isConnected = false;
  #retry: NodeJS.Timeout | undefined;
  #wait: number = backoff.first;
  #lastError: Error | undefined;
  #isClosed = false;
  /** Not sent yet. */
  readonly #queue: Asked[] = [];
  /** Sent over this connection and not answered, the oldest first. */
  #sent: Asked[] = [];
  /** The number of the next request of this connection (AG-003). */
  #next = 0;

  /** @param timeout milliseconds for each question */
  constructor(path: string, timeout: number) {
    this.#path = path;
    this.#timeout = timeout;
  }

  /**
   * A response that is none of `done` and `zero` rejects.
   *
   * @throws AgentError
   */
  async ask(question: Question): Promise<AgentResponse> {
    if (this.#isClosed) throw this.#error("ERR_HAWSER_AGENT_CLOSED", "the key was given up on this side");
    const response = await new Promise<AgentResponse>((resolve, reject) => {
      const deadline = setTimeout(() => this.#giveUp(asked), this.#timeout);
      const asked: Asked = { question, resolve, reject, deadline, wasSent: false, losses: 0 };
      this.#queue.push(asked);
      this.#send();
    });
    if (response.status === "unknownKey")
      throw this.#error("ERR_HAWSER_AGENT_KEY", "it does not hold this key");
    if (response.status === "failed")
      throw this.#error("ERR_HAWSER_AGENT_FAILED", "it could not do the operation with its key");
    return response;
  }

  /** Gives all up, and ends the connection. */
  close(): void {
    this.#isClosed = true;
    this.#drop();
    clearTimeout(this.#retry);
    this.#rejectAll(this.#error("ERR_HAWSER_AGENT_CLOSED", "the key was given up on this side"));
  }

  /** The error, with where the agent is. */
  #error(code: AgentError["code"], words: string, cause?: unknown): AgentError {
    const options = cause === undefined ? undefined : { cause };
    return new AgentError(code, `The key agent at ${showPath(this.#path)}: ${words}.`, options);
  }

  #send(): void {
    const socket = this.#socket;
    if (socket === undefined) {
      if (this.#retry === undefined) this.#connect();
      return;
    }
    if (!this.#isConnected) return;
    socket.ref();
    for (const asked of this.#queue.splice(0)) {
      this.#sent.push(asked);
      asked.wasSent = true;
      socket.write(encodeRequest({ ...asked.question, number: this.#next } as AgentRequest));
      this.#next = (this.#next + 1) >>> 0;
    }
  }

  #connect(): void {
    const socket = connect({ path: this.#path });
    const frames = new FixedFrames(responseLength);
    this.#socket = socket;
    this.#next = 0;
    let failure: Error | undefined;
    socket.once("connect", () => {
      this.#isConnected = true;
      this.#send();
    });
    socket.on("data", (bytes: Buffer) => {
      const whole = frames.push(bytes);
      bytes.fill(0); // AG-010: it is this socket's alone.
      for (const frame of whole) {
        if (socket === this.#socket) this.#received(frame);
        frame.fill(0);
      }
    });
    socket.on("error", (error) => {
      failure = error;
    });
    socket.on("close", () => {
      frames.wipe();
      if (socket === this.#socket) this.#ended(failure);
    });
  }

  #received(frame: Uint8Array): void {
    const response = parseResponse(frame);
    const asked = this.#sent[0];
    if (asked === undefined || response === undefined || !this.#fits(asked.question, response)) {
      response?.result.fill(0);
      this.#drop(); // AG-006
      const words = "what is there does not answer as an agent does; check the path";
      this.#rejectAll(this.#error("ERR_HAWSER_AGENT_MALFORMED", words));
      return;
    }
    this.#sent.shift();
    this.#wait = backoff.first;
    if (this.#isIdle) this.#socket?.unref();
    clearTimeout(asked.deadline);
    asked.resolve(response);
  }

  /** AG-006, AG-007: the number that is due, and the count that goes with the question. */
  #fits(question: Question, { number, status, count }: AgentResponse): boolean {
    if (number !== (this.#next - this.#sent.length) >>> 0) return false;
    if (question.type === "dh") return count === 0;
    return status === "done" ? count > question.index : status !== "zero";
  }

  /** The connection could not be made, or has ended. */
  #ended(failure: Error | undefined): void {
    const wasConnected = this.#isConnected;
    this.#lastError = failure;
    this.#drop();
    if (lasting.has((failure as NodeJS.ErrnoException | undefined)?.code ?? "")) {
      this.#rejectAll(this.#unreachable());
      return;
    }
    for (const asked of wasConnected ? [...this.#queue] : []) {
      if (++asked.losses < maxLosses) continue;
      this.#queue.splice(this.#queue.indexOf(asked), 1);
      clearTimeout(asked.deadline);
      const words = "it ended the connection without an answer; it may not let this user ask: see its log";
      asked.reject(this.#error("ERR_HAWSER_AGENT_LOST", words, failure));
    }
    if (this.#isIdle) return;
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      if (!this.#isIdle) this.#connect();
    }, this.#wait);
    this.#wait = Math.min(2 * this.#wait, backoff.last);
  }

  /** Its time is over. Where it was sent, an agent that does not answer is left, and whatever it may say later (AG-042). */
  #giveUp(asked: Asked): void {
    const isSent = this.#sent.includes(asked);
    const list = isSent ? this.#sent : this.#queue;
    list.splice(list.indexOf(asked), 1);
    asked.reject(asked.wasSent ? this.#late() : this.#unreachable());
    if (isSent) this.#drop();
    if (!this.#isIdle) this.#send();
  }

  #late(): AgentError {
    return this.#error("ERR_HAWSER_AGENT_TIMEOUT", `it did not answer within ${this.#timeout} ms`);
  }

  #unreachable(): AgentError {
    const { message } = this.#lastError ?? { message: "there was no connection in time" };
    const words = `it can't be reached: ${message}`;
    return this.#error("ERR_HAWSER_AGENT_UNREACHABLE", words, this.#lastError);
  }

  /** Leaves the connection; what was sent over it and not answered waits for another one. */
  #drop(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    this.#isConnected = false;
    this.#queue.unshift(...this.#sent);
    this.#sent = [];
    socket?.destroy();
  }

  #rejectAll(error: AgentError): void {
    for (const asked of this.#queue.splice(0)) {
      clearTimeout(asked.deadline);
      asked.reject(error);
    }
  }

  get #isIdle(): boolean {
    return this.#queue.length === 0 && this.#sent.length === 0;
  }
}

/** Milliseconds; less than a handshake has, so that it is known why that fails. */
export const defaultAskTimeout = 5_000;
