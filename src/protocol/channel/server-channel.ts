import { dhOutputOf, textOf } from "../arguments.ts";
import { concat } from "../bytes.ts";
import type { Reason } from "../failure.ts";
import { decodeContext, encodeContext } from "../handshake/context.ts";
import { header, headerFields, isHawser, isSpoken, otherProtocol } from "../handshake/header.ts";
import { type RouteProgress, ServerHandshake } from "../handshake/server.ts";
import type { KeyHolder, OwnKey } from "../key-holder.ts";
import { known } from "../known.ts";
import { headerLength, helloLength, maxHeldInput, responseLength, verdictPadding } from "../limits.ts";
import { bytesIn, type MachineEvent } from "../machine/event.ts";
import { actionName } from "../machine/step.ts";
import type { Action } from "../machine/table.ts";
import type { Output } from "../output.ts";
import { alertCode } from "../record/alert.ts";
import { type AlertName, alertCodes } from "../record/alert-codes.ts";
import { paddedLength } from "../record/padding.ts";
import { RecordWriter } from "../record/writer.ts";
import { UsageError } from "../usage-error.ts";
import { Channel } from "./channel.ts";
import { type Internals, internals as usual } from "./internals.ts";
import { notHawser } from "./not-hawser.ts";
import { type ServerOptions, type ServerSettings, serverSettings } from "./options.ts";

/** What a Challenge may say to refuse (HS-048). */
const challengeCodes: readonly number[] = [
  alertCodes.no_route,
  alertCodes.unreachable,
  alertCodes.busy,
  alertCodes.going_away,
];

/** The server's end of a connection; a middlebox's too. */
export class ServerChannel extends Channel {
  readonly #settings: ServerSettings;
  /** Until its keys have been taken: they are wiped then, and it is of no more use. */
  #handshake: ServerHandshake | undefined;
  #verdictWriter: RecordWriter | undefined;
  #clientKey: Uint8Array | undefined;
  #context: string | undefined;
  /** The key that was asked for its DH last, or that answers the Hello. */
  #ownKey: OwnKey | undefined;
  /** The code with which the Hello will be answered, where that was decided before it came. */
  #refusal: { readonly code: number; readonly message: string } | undefined;

  /** The handshake's deadline begins. Throws {@link UsageError} for options that make no sense. */
  constructor(options: ServerOptions, internals: Internals = usual) {
    const settings = serverSettings(options);
    super("server", "AwaitHello", settings, internals);
    this.#settings = settings;
    this.handshakeDeadline = settings.now() + settings.handshakeTimeout; // HS-119, RT-017, RT-022
  }

  /** The client's key, once its Response has authenticated. */
  get remotePublicKey(): Uint8Array | undefined {
    return this.#clientKey?.slice();
  }

  /** The own key that has answered the client; before that, the one that was asked last. */
  get localPublicKey(): Uint8Array | undefined {
    return this.#ownKey?.publicKey.slice();
  }

  protected get contextBytes(): Uint8Array {
    return encodeContext(this.#context ?? "");
  }

  /** A stealthy server that waits for a key reads on, as one does that hides (RT-025). */
  override get reading(): boolean {
    return super.reading || this.#readsOn;
  }

  get #readsOn(): boolean {
    return this.#settings.stealth && this.state === "OpeningRoute";
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
    textOf("a refusal's message", message);
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
    return this.walk(() => {
      const opener = known(this.#ownKey, "the key that opened the route");
      this.step(this.#answer("refuse", opener, alert, message));
    });
  }

  /** A middlebox has reached the server: the Hello and what came after it are handed over. */
  forward(): Output[] {
    return this.run({ name: "forward" });
  }

  /** A key holder's answer to a `dh` output, which is wiped; `undefined` says all zeros. */
  dhDone(keyHolder: KeyHolder, output: Uint8Array | undefined): Output[] {
    const dh = dhOutputOf(output);
    return this.walk(() => {
      const progress = this.#waitsFor(keyHolder)
        ? this.#hello().openRoute(known(this.#ownKey, "the key that was asked"), dh)
        : undefined;
      if (dh !== undefined) this.#settings.primitives.wipe(dh);
      this.step(progress === undefined ? { name: "dh.late" } : this.#classifyRoute(progress));
    });
  }

  /** A key holder could not answer a `dh` output. */
  dhFailed(keyHolder: KeyHolder, cause: unknown): Output[] {
    if (!this.#waitsFor(keyHolder)) return this.run({ name: "dh.late" });
    return this.run(this.#hiddenOr({ name: "dh.failed", reason: { code: "key_holder_failed", cause } }));
  }

  #waitsFor(keyHolder: KeyHolder): boolean {
    return this.state === "OpeningRoute" && keyHolder === known(this.#ownKey, "the key asked").keyHolder;
  }

  #hello(): ServerHandshake {
    return known(this.#handshake, "the Hello");
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
    this.#handshake = new ServerHandshake(this.#settings, this.queue.take(helloLength).slice());
    return { name: "hello.complete", ownKey: this.#handshake.newestKey };
  }

  /** RT-010 to RT-013, RT-026: the answer to a Hello. */
  #classifyRoute(progress: RouteProgress): MachineEvent {
    if ("need" in progress) return { name: "route.next", ownKey: progress.need };
    if ("fault" in progress) return this.#hiddenOr({ name: "hello.zero", reason: { code: "zero_dh" } });
    const { route, answerWith } = progress;
    if (route === "unopened" && this.#settings.stealth) {
      return { name: "hello.hidden", reason: { code: "route_unopened" } };
    }
    if (this.#refusal !== undefined) {
      return this.#answer("hello.refuse", answerWith, this.#refusal.code, this.#refusal.message);
    }
    if (route === "other" && this.#settings.routes) {
      this.#ownKey = answerWith;
      return { name: "hello.routed", publicKey: progress.serverKey };
    }
    if (route === "other" || !this.#settings.application) {
      return this.#answer("hello.refuse", answerWith, alertCodes.no_route);
    }
    return this.#answer("hello.admit", answerWith, 0);
  }

  /** HS-075 to HS-085. */
  #classifyResponse(): MachineEvent | undefined {
    if (this.queue.length < responseLength) return undefined;
    const response = this.#hello().readResponse(this.queue.take(responseLength));
    if ("fault" in response)
      return { name: "response.bad", reason: { code: "bad_response", fault: response.fault } };
    const { clientKey: publicKey, context } = response;
    if (!this.#settings.contexts.some((served) => this.#settings.primitives.equal(served, context))) {
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
    // RT-018, ST-025
    if (state === "OpeningRoute" || state === "Routing" || state === "AwaitResponse") {
      return { code: "abandoned", ...withCause };
    }
    const alien = state === "AwaitHello" ? notHawser(this.queue.peek(headerLength)) : undefined;
    return alien ?? { code: "truncated", state, ...withCause };
  }

  protected performHandshake(action: Action, event: MachineEvent): void {
    switch (action) {
      case "dh":
        this.#ownKey = known(event.ownKey, "the key to ask");
        this.output({
          type: "dh",
          keyHolder: this.#ownKey.keyHolder,
          publicKey: this.#hello().peerEphemeral,
        });
        return;
      case "hold":
        // HS-124: what waits is counted for the memory it takes, and never judged.
        if (this.#readsOn) this.queue.keep(maxHeldInput);
        return;
      case "refuse.later":
        this.#refusal ??= { code: known(event.code, "a code"), message: known(event.message, "a message") };
        return;
      case "route":
        this.output({ type: "route", serverKey: known(event.publicKey, "a key") });
        return;
      case "forward":
        this.#forward(event.name === "forward" ? this.#hello().hello : new Uint8Array(0));
        return;
      case "send.hint":
        this.transmit(header.slice());
        return;
      case "send.refusal":
        this.transmit(bytesIn(event));
        this.noteAlertSent(known(event.code, "a code"));
        return;
      case "send.challenge":
        this.#verdictWriter = new RecordWriter({
          cipher: this.#hello().verdictCipher(),
          paddedLength: paddedLength({ block: verdictPadding }), // HS-096
          recordSize: this.#settings.recordSize,
          memory: this.#settings.memory,
        });
        this.transmit(bytesIn(event));
        return;
      case "peerKey": {
        const { publicKey, context } = event;
        this.#clientKey = known(publicKey, "the client's key");
        this.#context = context;
        this.startRecords(this.#hello().finish()); // HS-080
        this.#handshake = undefined;
        this.output({ type: "peerKey", publicKey: this.#clientKey.slice(), context });
        return;
      }
      case "send.verdict.accept":
        this.transmit(this.#verdict().seal("accept", new Uint8Array(0)));
        this.#verdict().wipe();
        this.#verdictWriter = undefined;
        return;
      default:
        if (actionName(action) !== "send.verdict.alert") throw new Error(`a server has no output ${action}`);
        this.sendAlert(this.#verdict(), action, event);
        this.#verdict().wipe();
        return;
    }
  }

  protected wipeHandshake(): void {
    this.#handshake?.wipe();
    this.#verdictWriter?.wipe();
  }

  /** For the one record under the verdict key (HS-091), whose key is wiped with it (HS-093). */
  #verdict(): RecordWriter {
    return known(this.#verdictWriter, "the verdict key");
  }

  /** RT-014, RT-015: the client's bytes as they came, for the server; the client is said nothing. */
  #forward(first: Uint8Array): void {
    this.output({ type: "forward", bytes: concat(first, this.queue.take(this.queue.length)) });
  }

  /** Stealth: until a Hello is answered, every failure looks alike (RT-020, RT-021, RT-028). */
  #hiddenOr(event: MachineEvent & { readonly reason: Reason }): MachineEvent {
    return this.#settings.stealth ? { name: "hello.hidden", reason: event.reason } : event;
  }

  /** The Hello is answered by a Challenge with a code. */
  #answer(
    name: "hello.admit" | "hello.refuse" | "refuse",
    ownKey: OwnKey,
    code: number,
    message = "",
  ): MachineEvent {
    this.#ownKey = ownKey;
    const bytes = this.#hello().writeChallenge(ownKey, code);
    if (bytes === undefined) return this.#hiddenOr({ name: "hello.zero", reason: { code: "zero_dh" } });
    return { name, bytes, code, reason: { code: "hello_refused", alert: code, message } };
  }
}
