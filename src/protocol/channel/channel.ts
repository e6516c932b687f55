import { bytesOf, textOf } from "../arguments.ts";
import { type Failure, failureOf, type Reason } from "../failure.ts";
import type { Session } from "../handshake/session.ts";
import { known } from "../known.ts";
import { headerLength, maxHeldInput, pingLength } from "../limits.ts";
import { bytesIn, type MachineEvent } from "../machine/event.ts";
import { actionName, alertOf } from "../machine/step.ts";
import type { Action, Role, State } from "../machine/table.ts";
import type { Output } from "../output.ts";
import { alertBody, alertCode } from "../record/alert.ts";
import { type AlertName, alertCodes } from "../record/alert-codes.ts";
import { ByteQueue } from "../record/byte-queue.ts";
import { Deframer } from "../record/deframer.ts";
import { RecordReader } from "../record/reader.ts";
import { RecordWriter } from "../record/writer.ts";
import { UsageError } from "../usage-error.ts";
import { Drain } from "./drain.ts";
import type { Internals } from "./internals.ts";
import { keysOf, type LiveSession, wipeLiveSession } from "./live-session.ts";
import { Liveness } from "./liveness.ts";
import { explainStay } from "./misuse.ts";
import { withoutNonces } from "./nonces.ts";
import { notHawser } from "./not-hawser.ts";
import { classifyRecord } from "./records.ts";
import type { Settings } from "./settings.ts";
import { drains, isOver, readsMessages, readsRecords, waits } from "./states.ts";
import { Walk } from "./walk.ts";

/**
 * One end of a Hawser connection, without input or output of its own: bytes and calls go in, and each call gives
 * back, in order, what is to be done about it.
 *
 * Whatever a peer sends ends in an output, never in an exception; {@link UsageError} is for calls that the state does
 * not allow, and then nothing has changed. An exception of something handed in (a clock, a padding policy) ends the
 * channel, since what it interrupted can't be told.
 *
 * Carry out all the outputs of a call before the next call is made: their bytes are in the order of their nonces.
 */
export abstract class Channel extends Walk {
  /** Input that no message has been made of. */
  protected readonly queue = new ByteQueue();
  protected readonly deframer = new Deframer(this.queue);
  /** From the end of the handshake on. */
  protected writer: RecordWriter | undefined;
  protected handshakeDeadline: number | undefined;
  readonly #settings: Settings;
  readonly #internals: Internals;
  readonly #liveness: Liveness;
  readonly #drain: Drain;
  #reader: RecordReader | undefined;
  #session: Session | undefined;
  #isOpen = false;
  #failure: Failure | undefined;
  #alertSent: number | undefined;
  #inputEnded = false;
  /** The state in which the end of file was judged last. */
  #endJudgedIn: State | undefined;
  #unflushed = false;

  protected constructor(role: Role, initial: State, settings: Settings, internals: Internals) {
    super(role, initial, internals.table);
    this.#settings = settings;
    this.#internals = internals;
    this.#liveness = new Liveness(settings.liveness);
    this.#drain = new Drain(settings.drainTimeout, settings.drainBytes);
  }

  /** Why the channel failed, if it did. */
  get failure(): Failure | undefined {
    return this.#failure;
  }

  /** The peer's long-term public key, 32 bytes, once the peer has proved that it is its own. */
  abstract get remotePublicKey(): Uint8Array | undefined;

  /** The own long-term public key, 32 bytes: at a server, of those it has, the one that the client wanted. */
  abstract get localPublicKey(): Uint8Array | undefined;
  /** What the channel is for, as it goes over the wire (HS-022). Only read. */
  protected abstract get contextBytes(): Uint8Array;

  /** `h` at the end of the handshake, 64 bytes, the same at both ends and public (HS-111); `undefined` before Open. */
  get channelBinding(): Uint8Array | undefined {
    if (!this.#isOpen || this.handedOver) return undefined;
    return known(this.#session, "the session").channelBinding.slice();
  }

  /** `length` bytes (1 to 64) bound to this connection, a label and a context; the same at both ends. From Open to the end. */
  exportKeyingMaterial(label: string, length: number, context: Uint8Array = new Uint8Array(0)): Uint8Array {
    this.requireHere();
    if (!this.#isOpen) throw new UsageError("nothing can be exported before Open"); // HS-110
    return known(this.#session, "the session").exporter.export(label, length, context);
  }

  /**
   * Whether the driver should read from the transport (ST-009, ST-029). While it is `false` nothing is lost when bytes
   * are handed in all the same (ST-010).
   */
  get reading(): boolean {
    if (this.#inputEnded || this.handedOver || this.state === "Closed" || this.state === "Failed")
      return false;
    if (drains(this.state)) return this.#drain.isReading;
    return !waits(this.state) || this.queue.length < maxHeldInput;
  }

  /** When {@link tick} has something to do, on the clock handed in; `undefined` when nothing is timed. */
  get deadline(): number | undefined {
    const deadline = this.#deadline;
    return deadline === Number.POSITIVE_INFINITY ? undefined : deadline;
  }

  get #deadline(): number | undefined {
    if (this.handedOver) return undefined;
    if (drains(this.state)) return this.#drain.deadline;
    if (!readsRecords(this.state)) return this.handshakeDeadline;
    return this.#inputEnded ? undefined : this.#liveness.deadline;
  }

  /**
   * Bytes from the transport, in any pieces. They are the caller's again when this returns, and judged to their end
   * (RC-059), before the application hears of any of it (ST-051).
   */
  receive(bytes: Uint8Array): Output[] {
    const input = bytesOf("input", bytes);
    if (this.#inputEnded) throw new UsageError("bytes after the end of file");
    return this.walk(() => {
      const isPassive = waits(this.state) || isOver(this.state);
      this.queue.push(input);
      if (isPassive && input.length > 0) this.step({ name: "input" });
    });
  }

  /** The transport has come to its end of file. */
  transportEnded(): Output[] {
    return this.walk(() => {
      this.#inputEnded = true;
    });
  }

  /** The transport has failed; hand in what it had received first. `cause` is kept for the report. */
  transportFailed(cause: unknown): Output[] {
    return this.run({ name: "reset", reason: this.endReason(cause) });
  }

  /** All that was to be transmitted has been handed to the transport. Comes before what was read since (RC-041). */
  flushed(): Output[] {
    this.requireHere();
    this.#unflushed = false;
    this.#liveness.pongOwed = false;
    return this.walk(() => {
      if (this.state === "Closing") this.#drain.begin(this.#settings.now()); // ST-036
      this.step({ name: drains(this.state) && this.#inputEnded ? "drained" : "flushed" });
    });
  }

  /** Does what is due by the clock: to be called when {@link deadline} has come. */
  tick(): Output[] {
    this.requireHere();
    const { deadline } = this;
    if (deadline === undefined || this.#settings.now() < deadline) return [];
    const state = this.state;
    if (drains(state)) return this.run({ name: "time.drain" });
    if (!readsRecords(state)) {
      return this.run({ name: "time.handshake", reason: this.#handshakeTimeout() });
    }
    if (!this.#liveness.hasPinged) return this.run({ name: "time.ping", bytes: this.#pingBody() });
    return this.run({ name: "time.liveness", reason: { code: "timeout", what: "liveness", state } });
  }

  /** HS-015: a passed deadline is a failed read too, and what had come by then may say more. */
  #handshakeTimeout(): Reason {
    const { state } = this;
    const isFirstRead = state === "AwaitChallenge" || state === "AwaitHello";
    const alien = isFirstRead ? notHawser(this.queue.peek(headerLength)) : undefined;
    return alien ?? { code: "timeout", what: "handshake", state };
  }

  /** Data to send. Before the handshake is over a client's waits. */
  write(bytes: Uint8Array): Output[] {
    const data = bytesOf("data", bytes);
    const sealable = this.writer?.sealableData(data.length) ?? data.length;
    if (sealable === data.length) return this.run({ name: "write", bytes: data });
    return this.walk(() => {
      // RC-006, RC-053: what the nonces can carry is sent, and an Alert in the place of the rest.
      if (sealable > 0) this.step({ name: "write", bytes: data.subarray(0, sealable) });
      this.step({ name: "write", bytes: data.subarray(sealable) });
    });
  }

  /** Ends the own direction: nothing is written after it. The peer's goes on. */
  close(): Output[] {
    return this.run({
      name: "close",
      reason: { code: "cancelled", alert: alertCodes.cancelled, message: "" },
    });
  }

  /**
   * Gives up, with an alert as the last word where the state has a way to say it: by name or number, an application's
   * own from 0x8000 on. The message is cut to 1,024 bytes of UTF-8.
   */
  alert(code: number | AlertName, message = ""): Output[] {
    const alert = alertCode(code);
    const words = textOf("an alert's message", message);
    const reason = { code: "cancelled", alert, message: words } as const;
    return this.run({ name: "alert", code: alert, message: words, reason });
  }

  /** Asks the peer for a sign of life: a `pong` output with these 8 bytes (random unless given) answers it. */
  ping(body: Uint8Array = this.#pingBody()): Output[] {
    const bytes = bytesOf("a Ping's body", body).slice();
    if (bytes.length !== pingLength) throw new UsageError(`a Ping carries ${pingLength} bytes`);
    const allowed = this.#liveness.outstanding === undefined && !this.#inputEnded;
    return this.run({ name: allowed ? "ping" : "ping.misuse", bytes });
  }

  /**
   * Gives `take` all that the session is made of. Unless that throws, nothing is sealed, opened or told here any more
   * (TR-010, TR-012), and what `take` was given is wiped. The one way to a session's keys, and it ends the owner.
   *
   * @throws UsageError in a state other than Open, HalfClosedLocal and HalfClosedRemote
   * @internal
   */
  surrender<T>(take: (session: LiveSession, platform: Settings) => T): T {
    return this.leave(() => {
      if (!readsRecords(this.state)) throw new UsageError(explainStay(this.state));
      const session = this.#live(this.state as LiveSession["state"]);
      try {
        const taken = take(session, this.#settings);
        this.queue.clear();
        this.#wipe();
        return taken;
      } finally {
        wipeLiveSession(this.#settings.primitives, session);
      }
    });
  }

  #live(state: LiveSession["state"]): LiveSession {
    return {
      ...keysOf(known(this.#session, "the session"), this.role),
      role: this.role,
      state,
      remotePublicKey: known(this.remotePublicKey, "the peer's key"),
      localPublicKey: known(this.localPublicKey, "the own key"),
      context: this.contextBytes,
      liveness: this.#liveness.leave(this.#settings.now()),
      inputEnded: this.#inputEnded,
      unflushed: this.#unflushed,
      unopened: this.queue.peek(this.queue.length),
    };
  }

  /** Goes on with a session that another channel has surrendered; {@link startRecords} has taken its keys. */
  protected resumeRecords({ liveness, inputEnded, unflushed }: LiveSession): void {
    this.#isOpen = true;
    this.#liveness.resume(liveness, this.#settings.now());
    this.#unflushed = unflushed;
    this.#inputEnded = inputEnded;
    if (inputEnded) this.#endJudgedIn = this.state; // ST-048: it was, in the state in which the session was left.
  }

  /** The event that the bytes in the queue make in a state of the handshake that reads them, if they are enough. */
  protected abstract classifyMessage(): MachineEvent | undefined;
  /** Carries out an output that only this role has. */
  protected abstract performHandshake(action: Action, event: MachineEvent): void;
  /** Why the channel is over where its transport ends in the present state. */
  protected abstract endReason(cause?: unknown): Reason;
  protected abstract wipeHandshake(): void;

  /** The one way out, for outputs of the table alone: nothing is said beside them (HS-002). */
  protected transmit(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#unflushed = true;
    this.output({ type: "transmit", bytes });
  }

  /**
   * The Alert that an output sends. A failure's own has its code from the table (AL-004, AL-014) and no words (SC-044);
   * both are the application's where it calls for one.
   */
  protected sendAlert(writer: RecordWriter, action: Action, event: MachineEvent): void {
    const code = alertOf(action) ?? known(event.code, "an alert code");
    this.transmit(writer.seal("alert", alertBody(code, event.message ?? "")));
    this.noteAlertSent(code);
  }

  protected noteAlertSent(code: number): void {
    this.#alertSent = code;
  }

  protected sendClose(): void {
    this.transmit(known(this.writer, "the writer").seal("close", new Uint8Array(0)));
  }

  /** The handshake is over: takes its keys. */
  protected startRecords(session: Session): void {
    const { clientCipher, serverCipher } = session;
    clientCipher.setNonce(this.#internals.firstNonces.client);
    serverCipher.setNonce(this.#internals.firstNonces.server);
    const [cipher, peers] =
      this.role === "client" ? [clientCipher, serverCipher] : [serverCipher, clientCipher];
    this.#session = session;
    const { paddedLength, recordSize, memory } = this.#settings;
    this.#reader = new RecordReader(this.deframer, peers, memory);
    this.writer = new RecordWriter({ cipher, paddedLength, recordSize, memory });
  }

  /**
   * What the input makes next, as exactly one event: a message or record, bytes that none is made of, the end of file.
   * It looks at what is there, and never at how it came (HS-003, RC-045, ST-011).
   */
  protected classify(): MachineEvent | undefined {
    const state = this.state;
    const event = readsRecords(state)
      ? this.#classifyRecord()
      : readsMessages(state)
        ? this.classifyMessage()
        : undefined;
    if (event !== undefined) return event;
    if (!this.#inputEnded || this.#endJudgedIn === state) return undefined;
    this.#endJudgedIn = state;
    return this.#classifyEnd();
  }

  #classifyRecord(): MachineEvent | undefined {
    const result = known(this.#reader, "the reader").next();
    if (result === undefined) return undefined;
    this.#liveness.heard(this.#settings.now()); // RC-048
    const { pongOwed, outstanding } = this.#liveness;
    return classifyRecord(result, { state: this.state, pongOwed, outstandingPing: outstanding });
  }

  /** ST-012, ST-013, ST-023 to ST-028: what the end of file is, in the present state. */
  #classifyEnd(): MachineEvent {
    if (drains(this.state) && !this.#unflushed) return { name: "drained" };
    const reason = this.endReason();
    if (reason.code === "hint") return { name: "eof.hint", reason };
    return { name: this.queue.length === 0 ? "eof" : "eof.partial", reason };
  }

  protected entered(state: State): void {
    if (!isOver(state)) return;
    if (state !== "Hiding") this.handshakeDeadline = undefined;
    // ST-035, ST-036: after a clean end the peer may take its time to take what was sent before it.
    if (state === "Draining" || (state === "Closing" && !this.#unflushed))
      this.#drain.begin(this.#settings.now());
    // Nothing is opened, judged or said any more (HS-066, HS-089, AL-006, AL-007, AL-023, RC-023, ST-034, ST-045).
    this.queue.clear();
    this.#wipe();
  }

  protected settle(): void {
    this.queue.settle();
  }

  protected instead(actions: readonly Action[], event: MachineEvent): MachineEvent | undefined {
    return this.writer === undefined ? undefined : withoutNonces(this.writer, actions, event);
  }

  /** ST-033. */
  #wipe(): void {
    this.wipeHandshake();
    this.writer?.wipe();
    this.#reader?.wipe();
    this.#session?.exporter.wipe();
  }

  protected perform(action: Action, event: MachineEvent): void {
    switch (action) {
      case "remember":
        this.#liveness.forgetPing();
        return;
      case "drop":
        this.#drain.drop(this.queue.length);
        this.queue.clear();
        return;
      case "send.data":
        this.transmit(known(this.writer, "the writer").sealData(bytesIn(event)));
        return;
      case "send.close":
        this.sendClose();
        return;
      case "send.ping":
        this.#liveness.pingSent(bytesIn(event));
        this.transmit(known(this.writer, "the writer").seal("ping", bytesIn(event)));
        return;
      case "send.pong":
        this.#liveness.pongOwed = true;
        this.transmit(known(this.writer, "the writer").seal("pong", bytesIn(event)));
        return;
      case "open":
        this.#isOpen = true;
        this.handshakeDeadline = undefined;
        this.#liveness.heard(this.#settings.now());
        this.output({ type: "open" });
        return;
      case "data":
        this.output({ type: "data", bytes: bytesIn(event) });
        return;
      case "pong":
        this.#liveness.forgetPing();
        this.output({ type: "pong", bytes: bytesIn(event) });
        return;
      case "alert":
        this.output({
          type: "alert",
          code: known(event.code, "an alert code"),
          message: known(event.message, "a message"),
        });
        return;
      case "failed":
        this.#failure = failureOf(known(event.reason, "a reason"), this.#alertSent);
        this.output({ type: "failed", failure: this.#failure });
        return;
      case "end":
      case "closed":
      case "endTransport":
      case "closeTransport":
        this.output({ type: action });
        return;
      default:
        if (actionName(action) !== "send.alert") {
          this.performHandshake(action, event);
          return;
        }
        this.sendAlert(known(this.writer, "the writer"), action, event);
        return;
    }
  }

  #pingBody(): Uint8Array {
    return this.#settings.randomBytes(pingLength);
  }
}
