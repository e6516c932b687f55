import { concat } from "../bytes.ts";
import type { Reason } from "../failure.ts";
import { decodeContext } from "../handshake/context.ts";
import { header, headerFields, isHawser, isSpoken, otherProtocol } from "../handshake/header.ts";
import { type RouteProgress, ServerHandshake } from "../handshake/server.ts";
import type { KeyHolder } from "../key-holder.ts";
import { headerLength, helloLength, responseLength, verdictPadding } from "../limits.ts";
import type { MachineEvent } from "../machine/event.ts";
import { actionName } from "../machine/step.ts";
import type { Action } from "../machine/table.ts";
import type { Output } from "../output.ts";
import { alertCode } from "../record/alert.ts";
import { type AlertName, alertCodes } from "../record/alert-codes.ts";
import { paddedLength } from "../record/padding.ts";
import type { RecordType } from "../record/plaintext.ts";
import { RecordWriter } from "../record/writer.ts";
import { UsageError } from "../usage-error.ts";
import { Channel, needed } from "./channel.ts";
import { checkKeyHolders, checkSettings, type ServerOptions, servedContexts } from "./options.ts";

/** What a Challenge may say to refuse (HS-048). */
const challengeCodes: readonly number[] = [
  alertCodes.no_route,
  alertCodes.unreachable,
  alertCodes.busy,
  alertCodes.going_away,
];

/** The server's end of a connection; a middlebox's too. */
export class ServerChannel extends Channel {
  readonly #options: ServerOptions;
  readonly #contexts: readonly Uint8Array[];
  #handshake: ServerHandshake | undefined;
  #verdictWriter: RecordWriter | undefined;
  #clientKey: Uint8Array | undefined;
  #context: string | undefined;
  /** The key holder that was asked last, or that answers the Hello. */
  #keyHolder: KeyHolder | undefined;
  /** The code with which the Hello will be answered, where that was decided before it came. */
  #refusal: { readonly code: number; readonly message: string } | undefined;

  /** The handshake's deadline begins. Throws {@link UsageError} for options that make no sense. */
  constructor(options: ServerOptions) {
    super("server", "AwaitHello", checkSettings(options));
    checkKeyHolders(options.keyHolders, options.primitives.equal);
    this.#options = options;
    this.#contexts = servedContexts(options.contexts);
    this.handshakeDeadline = this.settings.now() + this.settings.handshakeTimeout;
  }

  /** The client's key, once its Response has authenticated. */
  get remotePublicKey(): Uint8Array | undefined {
    return this.#clientKey?.slice();
  }

  /** What the client wants the channel for, once its Response has authenticated; `undefined` for none. */
  get context(): string | undefined {
    return this.#context;
  }

  /** Lets the client in. */
  accept(): Output[] {
    return this.run({ name: "accept" });
  }

  /**
   * Does not let the client in. Before the Challenge the code goes into it, without the message; it is kept for it if
   * the Hello has not come yet. After it, an Alert says both. The message is cut to 1,024 bytes of UTF-8.
   */
  refuse(code: number | AlertName, message = ""): Output[] {
    const alert = alertCode(code);
    const { state } = this;
    if (
      (state === "AwaitHello" || state === "OpeningRoute" || state === "Routing") &&
      !challengeCodes.includes(alert)
    ) {
      throw new UsageError(
        "before the client is known it is refused by no_route, unreachable, busy or going_away",
      );
    }
    if (state !== "Routing") {
      return this.run({ name: "refuse", code: alert, message, reason: { code: "denied", alert, message } });
    }
    const { bytes } = this.#answer("hello.refuse", needed(this.#keyHolder), alert, message);
    const reason = { code: "hello_refused", alert, message } as const;
    return this.run({ name: "refuse", code: alert, bytes: needed(bytes), reason });
  }

  /** A middlebox has reached the server: the Hello and what came after it are handed over. */
  forward(): Output[] {
    return this.run({ name: "forward" });
  }

  /** The key holder's answer to a `dh` output; `undefined` says all zeros. */
  dhDone(output: Uint8Array | undefined): Output[] {
    if (this.state !== "OpeningRoute") return this.run({ name: "dh.late" });
    return this.run(this.#classifyRoute(needed(this.#handshake).openRoute(needed(this.#keyHolder), output)));
  }

  /** The key holder could not answer a `dh` output. */
  dhFailed(cause: unknown): Output[] {
    if (this.state !== "OpeningRoute") return this.run({ name: "dh.late" });
    return this.run(this.#hiddenOr({ name: "dh.failed", reason: { code: "key_holder_failed", cause } }));
  }

  protected classifyMessage(): MachineEvent | undefined {
    return this.state === "AwaitHello" ? this.#classifyHello() : this.#classifyResponse();
  }

  /** HS-007 to HS-010: the header is judged as soon as it is there. */
  #classifyHello(): MachineEvent | undefined {
    if (this.queue.length < headerLength) return undefined;
    const start = this.queue.peek(headerLength);
    if (!isHawser(start)) {
      const reason = { code: "not_hawser", bytes: start.slice(), protocol: otherProtocol(start) } as const;
      return this.#hiddenOr({ name: "header.alien", reason });
    }
    if (!isSpoken(start)) {
      const reason = { code: "unsupported_header", peer: headerFields(start) } as const;
      return this.#hiddenOr({ name: "header.unsupported", reason });
    }
    if (this.queue.length < helloLength) return undefined;
    this.#handshake = new ServerHandshake(this.#options, this.queue.take(helloLength).slice());
    return { name: "hello.complete", keyHolder: this.#handshake.newestKey };
  }

  /** RT-010 to RT-013: the answer to a Hello. */
  #classifyRoute(progress: RouteProgress): MachineEvent {
    if ("need" in progress) return { name: "route.next", keyHolder: progress.need };
    if ("fault" in progress) return this.#hiddenOr({ name: "hello.zero", reason: { code: "zero_dh" } });
    const { route, answerWith: keyHolder } = progress;
    if (route === "unopened" && this.#options.stealth === true) {
      return { name: "hello.hidden", reason: { code: "route_unopened" } };
    }
    if (this.#refusal !== undefined) {
      return this.#answer("hello.refuse", keyHolder, this.#refusal.code, this.#refusal.message);
    }
    if (route === "other" && this.#options.routes === true) {
      this.#keyHolder = keyHolder;
      return { name: "hello.routed", publicKey: progress.serverKey };
    }
    if (route === "other" || this.#options.application === false) {
      return this.#answer("hello.refuse", keyHolder, alertCodes.no_route);
    }
    return this.#answer("hello.admit", keyHolder, 0);
  }

  /** HS-075 to HS-085. */
  #classifyResponse(): MachineEvent | undefined {
    if (this.queue.length < responseLength) return undefined;
    const response = needed(this.#handshake).readResponse(this.queue.take(responseLength));
    if ("fault" in response)
      return { name: "response.bad", reason: { code: "bad_response", fault: response.fault } };
    const { clientKey: publicKey, context } = response;
    if (!this.#contexts.some((served) => this.settings.primitives.equal(served, context))) {
      return {
        name: "response.wrongContext",
        reason: { code: "wrong_context", received: context, publicKey },
      };
    }
    return { name: "response.ok", publicKey, context: decodeContext(context) };
  }

  protected endReason(cause?: unknown): Reason {
    const { state } = this;
    const withCause = cause === undefined ? {} : { cause };
    if (state === "OpeningRoute" || state === "Routing" || state === "AwaitResponse") {
      return { code: "abandoned", ...withCause };
    }
    const start = this.queue.peek(headerLength);
    const protocol = state === "AwaitHello" ? otherProtocol(start) : undefined;
    if (protocol !== undefined) return { code: "not_hawser", bytes: start.slice(), protocol };
    return { code: "truncated", state, ...withCause };
  }

  protected perform(action: Action, event: MachineEvent): void {
    switch (action) {
      case "dh":
        this.#keyHolder = needed(event.keyHolder);
        this.output({
          type: "dh",
          keyHolder: this.#keyHolder,
          publicKey: needed(this.#handshake).peerEphemeral,
        });
        return;
      case "refuse.later":
        this.#refusal ??= { code: needed(event.code), message: needed(event.message) };
        return;
      case "route":
        this.output({ type: "route", serverKey: needed(event.publicKey) });
        return;
      case "forward":
        this.#forward(event.name === "forward" ? needed(this.#handshake).hello : new Uint8Array(0));
        return;
      case "send.hint":
        this.transmit(header);
        return;
      case "send.refusal":
        this.noteAlertSent(needed(event.code));
        this.transmit(needed(event.bytes));
        return;
      case "send.challenge":
        this.#verdictWriter = new RecordWriter({
          cipher: needed(this.#handshake).verdictCipher(),
          paddedLength: paddedLength({ block: verdictPadding }),
          recordSize: this.settings.recordSize,
        });
        this.transmit(needed(event.bytes));
        return;
      case "peerKey": {
        const { publicKey, context } = event;
        this.#clientKey = needed(publicKey);
        this.#context = context;
        this.output({ type: "peerKey", publicKey: this.#clientKey.slice(), context });
        return;
      }
      case "send.verdict.accept":
        this.#sendVerdict("accept", new Uint8Array(0));
        this.startRecords(needed(this.#handshake).finish());
        return;
      default:
        if (actionName(action) !== "send.verdict.alert") throw new Error(`a server has no output ${action}`);
        this.#sendVerdict("alert", this.alertToSend(action, event));
        return;
    }
  }

  protected wipeHandshake(): void {
    this.#handshake?.wipe();
    this.#verdictWriter?.wipe();
  }

  /** The one record under the verdict key (HS-091, HS-093). */
  #sendVerdict(type: RecordType, body: Uint8Array): void {
    const writer = needed(this.#verdictWriter);
    this.transmit(writer.seal(type, body));
    writer.wipe();
  }

  #forward(first: Uint8Array): void {
    this.output({ type: "forward", bytes: concat(first, this.queue.take(this.queue.length)) });
  }

  /** Stealth: until a route has opened, every failure looks alike (RT-020, RT-021). */
  #hiddenOr(event: MachineEvent & { readonly reason: Reason }): MachineEvent {
    return this.#options.stealth === true ? { name: "hello.hidden", reason: event.reason } : event;
  }

  /** The Hello is answered by a Challenge with a code. */
  #answer(
    name: "hello.admit" | "hello.refuse",
    keyHolder: KeyHolder,
    code: number,
    message = "",
  ): MachineEvent {
    const bytes = needed(this.#handshake).writeChallenge(keyHolder, code);
    if (bytes === undefined) return this.#hiddenOr({ name: "hello.zero", reason: { code: "zero_dh" } });
    return { name, bytes, code, reason: { code: "hello_refused", alert: code, message } };
  }
}
