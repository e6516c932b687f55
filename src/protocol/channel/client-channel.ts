import { dhOutputOf } from "../arguments.ts";
import type { Reason } from "../failure.ts";
import { ClientHandshake } from "../handshake/client.ts";
import { headerFields, isHawser, isSpoken } from "../handshake/header.ts";
import type { KeyHolder } from "../key-holder.ts";
import { known } from "../known.ts";
import { challengeLength, headerLength, maxEarlyData } from "../limits.ts";
import { bytesIn, type MachineEvent } from "../machine/event.ts";
import type { Action } from "../machine/table.ts";
import type { Output } from "../output.ts";
import { ByteQueue } from "../record/byte-queue.ts";
import { RecordReader } from "../record/reader.ts";
import { Channel } from "./channel.ts";
import { type Internals, internals as usual } from "./internals.ts";
import { notHawser } from "./not-hawser.ts";
import { type ClientOptions, type ClientSettings, clientSettings } from "./options.ts";
import { classifyVerdict } from "./records.ts";

/** The client's end of a connection. */
export class ClientChannel extends Channel {
  readonly #settings: ClientSettings;
  /** Until its keys have been taken: they are wiped then, and it is of no more use. */
  #handshake: ClientHandshake | undefined;
  #verdictReader: RecordReader | undefined;
  #serverKey: Uint8Array | undefined;
  /** Data that was written and may not be sent yet. */
  readonly #waiting = new ByteQueue();
  /** A Close that waits behind that data. */
  #closeWaiting = false;
  #earlyDataLeft = maxEarlyData;

  /** Throws {@link UsageError} for options that make no sense, and for a configured key that is a low-order point. */
  constructor(options: ClientOptions, internals: Internals = usual) {
    const settings = clientSettings(options);
    super("client", "Start", settings, internals);
    this.#settings = settings;
    const { primitives, randomBytes, serverKey, via, context, ownKey } = settings;
    const { publicKey } = ownKey;
    this.#handshake = new ClientHandshake({ primitives, randomBytes, publicKey, serverKey, via, context });
  }

  /** The server's key, once it has proved it; on first use it is the one shown to the application. */
  get remotePublicKey(): Uint8Array | undefined {
    return this.#serverKey?.slice();
  }

  get localPublicKey(): Uint8Array {
    return this.#settings.ownKey.publicKey.slice();
  }

  protected get contextBytes(): Uint8Array {
    return this.#settings.context;
  }

  /** Bytes written that wait for the handshake. A driver holds its writer back while there are many. */
  get queuedBytes(): number {
    return this.#waiting.length;
  }

  /** Sends the Hello; the handshake's deadline begins. */
  start(): Output[] {
    return this.run({ name: "start" });
  }

  /** First use: trusts the server's key. The own key is shown to it. */
  trust(): Output[] {
    return this.run({ name: "trust" });
  }

  /** First use: does not trust the server's key. Nothing is said. */
  reject(): Output[] {
    const publicKey = this.#serverKey ?? new Uint8Array(0);
    return this.run({ name: "reject", reason: { code: "untrusted", publicKey } });
  }

  /** A key holder's answer to a `dh` output, which is wiped; `undefined` says all zeros. */
  dhDone(keyHolder: KeyHolder, output: Uint8Array | undefined): Output[] {
    const dh = dhOutputOf(output);
    return this.walk(() => {
      const isAwaited = this.#waitsFor(keyHolder);
      const response = isAwaited && dh !== undefined ? this.#messages.writeResponse(dh) : undefined;
      if (dh !== undefined) this.#settings.primitives.wipe(dh);
      if (!isAwaited) this.step({ name: "dh.late" });
      else if (response !== undefined) this.step({ name: "dh.done", bytes: response });
      else this.step(keyHolderFailed(new Error("the key holder's DH is all zeros")));
    });
  }

  /** A key holder could not answer a `dh` output. */
  dhFailed(keyHolder: KeyHolder, cause: unknown): Output[] {
    return this.run(this.#waitsFor(keyHolder) ? keyHolderFailed(cause) : { name: "dh.late" });
  }

  get #messages(): ClientHandshake {
    return known(this.#handshake, "the handshake");
  }

  #waitsFor(keyHolder: KeyHolder): boolean {
    return this.state === "Responding" && keyHolder === this.#settings.ownKey.keyHolder;
  }

  protected classifyMessage(): MachineEvent | undefined {
    if (this.state !== "AwaitChallenge") {
      const reader = known(this.#verdictReader, "the verdict reader");
      const result = reader.next(); // of any length (HS-097)
      if (result === undefined) return undefined;
      reader.wipe(); // HS-093
      return classifyVerdict(result, this.state);
    }
    if (this.queue.length < challengeLength) return undefined;
    return this.#classifyChallenge(this.queue.take(challengeLength));
  }

  /** HS-055 to HS-061, in their order. */
  #classifyChallenge(challenge: Uint8Array): MachineEvent {
    const judgement = this.#messages.readChallenge(challenge);
    const { serverKey: expected, via } = this.#settings;
    switch (judgement.verdict) {
      case "bad":
        return { name: "challenge.bad", reason: badChallenge(challenge, judgement.fault) };
      case "accepted":
      case "firstUse":
        this.#serverKey = judgement.serverKey;
        this.#verdictReader = new RecordReader(
          this.deframer,
          this.#messages.verdictCipher(),
          this.#settings.memory,
        );
        return { name: `challenge.${judgement.verdict}`, publicKey: judgement.serverKey };
      case "mismatch": {
        const { serverKey: received } = judgement;
        const reason = {
          code: "server_key_mismatch",
          expected: known(expected, "the expected key"),
          received,
        } as const;
        return { name: "challenge.mismatch", reason: via === undefined ? reason : { ...reason, via } };
      }
      case "refused":
        return refusedBy("challenge.refused", "server", judgement.code, judgement.serverKey);
      case "middlebox":
        return refusedBy("challenge.middlebox", "middlebox", judgement.code, judgement.serverKey);
      case "refusedFirstUse":
        return refusedBy("challenge.refusedFirstUse", "unauthenticated", judgement.code, judgement.serverKey);
    }
  }

  /** ST-026 before the Challenge, a truncation afterwards (HS-104, RC-033). */
  protected endReason(cause?: unknown): Reason {
    const { state, queue } = this;
    const truncated: Reason =
      cause === undefined ? { code: "truncated", state } : { code: "truncated", state, cause };
    if (state !== "Start" && state !== "AwaitChallenge") return truncated;
    const start = queue.peek(headerLength);
    if (cause === undefined) {
      if (queue.length === 0) return { code: "no_answer" };
      if (state === "AwaitChallenge" && queue.length === headerLength && isHawser(start)) {
        return { code: "hint", peer: headerFields(start), same: isSpoken(start) }; // HS-011, HS-013
      }
    }
    return notHawser(start) ?? truncated;
  }

  protected performHandshake(action: Action, event: MachineEvent): void {
    switch (action) {
      case "send.hello":
        // HS-030, HS-031: the table has it in Start alone, and nothing else to be sent before the Response.
        this.handshakeDeadline = this.#settings.now() + this.#settings.handshakeTimeout;
        this.transmit(this.#messages.hello);
        return;
      case "hold":
        return;
      case "queue":
        this.#waiting.push(bytesIn(event).slice());
        return;
      case "peerKey":
        this.output({
          type: "peerKey",
          publicKey: known(event.publicKey, "the peer's key").slice(),
          context: undefined,
        });
        return;
      case "dh": {
        const { keyHolder } = this.#settings.ownKey;
        this.output({ type: "dh", keyHolder, publicKey: this.#messages.peerEphemeral });
        return;
      }
      case "send.response":
        this.startRecords(this.#messages.finish());
        this.#handshake = undefined;
        this.transmit(bytesIn(event));
        return;
      case "send.early":
        this.#waiting.push(bytesIn(event).slice());
        this.#sendEarly();
        return;
      case "send.queued":
        event.name === "verdict.accept" ? this.#sendWaiting() : this.#sendEarly();
        return;
      default:
        throw new Error(`a client has no output ${action}`);
    }
  }

  /** Before the Verdict: as much of the waiting data as may be sent, in records that fit (HS-113, HS-114). */
  #sendEarly(): void {
    const writer = known(this.writer, "the writer");
    while (this.#waiting.length > 0) {
      const sealed = writer.sealDataWithin(this.#waiting.peek(this.#waiting.length), this.#earlyDataLeft);
      if (sealed === undefined) return;
      this.#waiting.take(sealed.taken);
      this.#earlyDataLeft -= sealed.record.length;
      this.transmit(sealed.record);
    }
    this.#waiting.clear(); // its memory with it
  }

  /** After the Accept: all of it, and the Close behind it. */
  #sendWaiting(): void {
    this.transmit(known(this.writer, "the writer").sealData(this.#waiting.take(this.#waiting.length)));
    this.#waiting.clear();
    if (this.#closeWaiting) super.sendClose();
  }

  /** HS-115: a Close that follows waiting data waits with it. */
  protected override sendClose(): void {
    if (this.#waiting.length > 0) this.#closeWaiting = true;
    else super.sendClose();
  }

  protected wipeHandshake(): void {
    this.#handshake?.wipe();
    this.#verdictReader?.wipe();
    this.#waiting.clear(); // AL-008
  }
}

function keyHolderFailed(cause: unknown): MachineEvent {
  return { name: "dh.failed", reason: { code: "key_holder_failed", cause } };
}

function badChallenge(challenge: Uint8Array, fault: "zero" | "unauthentic"): Reason {
  return notHawser(challenge) ?? { code: "bad_challenge", fault };
}

function refusedBy(
  name: "challenge.refused" | "challenge.middlebox" | "challenge.refusedFirstUse",
  by: "server" | "middlebox" | "unauthenticated",
  alert: number,
  publicKey: Uint8Array,
): MachineEvent {
  return { name, reason: { code: "refused", by, alert, publicKey } };
}
