/** An end that is open from the beginning, and a peer that has its keys, keeps no rule and understands what it says. */
import { Channel } from "../../src/protocol/channel/channel.ts";
import { internals } from "../../src/protocol/channel/internals.ts";
import { clientSettings } from "../../src/protocol/channel/options.ts";
import { Exporter, type Session } from "../../src/protocol/handshake/session.ts";
import type { Output, Role } from "../../src/protocol/index.ts";
import { CipherState } from "../../src/protocol/noise/cipher-state.ts";
import type { RecordMemory } from "../../src/protocol/record/memory.ts";
import { clientEphemeral, clientKey, randomness, serverKey } from "./keys.ts";
import { MemoryJudge } from "./memory-judge.ts";
import { primitives } from "./primitives.ts";
import { openedRecords, sealedRecord } from "./sealing.ts";
import { judgePlaintext } from "./wire.ts";

const clientToServer = new Uint8Array(32).fill(0x11);
const serverToClient = new Uint8Array(32).fill(0x22);
const settings = clientSettings({
  primitives,
  randomBytes: randomness(clientEphemeral),
  now: () => 0,
  keyHolder: clientKey,
  serverKey: serverKey.publicKey,
});

function newSession(): Session {
  return {
    clientCipher: new CipherState(primitives, clientToServer),
    serverCipher: new CipherState(primitives, serverToClient),
    exporter: new Exporter(primitives, new Uint8Array(64)),
    channelBinding: new Uint8Array(64),
  };
}

/** Either end as it is after any handshake: from there on they are the same code. */
class OpenChannel extends Channel {
  readonly remotePublicKey = undefined;
  readonly localPublicKey = clientKey.publicKey;
  protected readonly contextBytes = new Uint8Array(32);

  constructor(role: Role, memory: RecordMemory) {
    super(role, "Open", { ...settings, memory }, internals);
    this.startRecords(newSession());
  }

  protected classifyMessage(): never {
    throw new Error("there is no handshake here");
  }

  protected performHandshake(): never {
    throw new Error("there is no handshake here");
  }

  protected endReason() {
    return { code: "truncated", state: this.state } as const;
  }

  protected wipeHandshake(): void {}
}

export class HostilePeer {
  /** The end under test. */
  readonly channel: Channel;
  readonly #sends: CipherState;
  readonly #receives: CipherState;
  readonly #memoryJudge = new MemoryJudge();
  #outputs: Output[] = [];

  constructor(role: Role) {
    this.channel = new OpenChannel(role, this.#memoryJudge.memory);
    const { clientCipher, serverCipher } = newSession();
    [this.#sends, this.#receives] =
      role === "client" ? [serverCipher, clientCipher] : [clientCipher, serverCipher];
  }

  /** Takes what a call gave, which may have handed in so many bytes. */
  take(outputs: readonly Output[], given?: number): void {
    this.#memoryJudge.called(this.channel, outputs, given);
    this.#outputs.push(...outputs);
  }

  /**
   * Hands bytes to the end in pieces of a size, 0 for one piece; each is overwritten once it has been taken. Of more than
   * 1,000 bytes the pieces are that many times larger.
   */
  deliver(bytes: Uint8Array, size: number): void {
    const step = size === 0 ? bytes.length : bytes.length > 1_000 ? 1_000 * size : size;
    for (let at = 0; at < bytes.length; at += step) {
      const chunk = bytes.slice(at, at + step);
      this.take(this.channel.receive(chunk), chunk.length);
      chunk.fill(0xa5);
    }
  }

  /** Counts the memory that the end keeps, for one input in so many. */
  checkMemory(input: Uint8Array): void {
    this.#memoryJudge.checkReachable(this.channel, input);
  }

  /** Any plaintext as the peer's next record. */
  seal(plaintext: Uint8Array): Uint8Array {
    return sealedRecord(this.#sends, plaintext);
  }

  /** What has come out of the end since this was asked last, in words; what it transmits is opened. */
  heard(): string[] {
    const outputs = this.#outputs;
    this.#outputs = [];
    return outputs.flatMap((output): string[] => {
      switch (output.type) {
        case "transmit":
          return openedRecords(this.#receives, output.bytes).map(inWords);
        case "data":
        case "pong":
          return [`${output.type} ${hex(output.bytes)}`];
        case "alert":
          return [`alert ${output.code} ${output.message}`];
        case "failed":
          return [`failed ${output.failure.code}`];
        default:
          return [output.type];
      }
    });
  }
}

/** Bytes as text; of many, their number and the first. */
export function hex(bytes: Uint8Array): string {
  return bytes.length <= 64 ? Buffer.from(bytes).toString("hex") : `${bytes.length} × ${bytes[0]}`;
}

/** A record that was sent, in the words of a `RecordJudge`. */
function inWords(plaintext: Uint8Array): string {
  const verdict = judgePlaintext(plaintext);
  return "fault" in verdict ? `sends a bad ${verdict.fault}` : `sends ${verdict.type} ${hex(verdict.body)}`;
}
