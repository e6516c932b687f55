import { ascii, concat, isZero, readU16, u16 } from "../../protocol/bytes.ts";
import { Deviation } from "../deviation.ts";
import { hexOf } from "../shim/hex.ts";
import { End, type EndContext } from "./end.ts";
import type { Pair } from "./keys.ts";
import type { Said } from "./plaintext.ts";
import { Direction, none, Schedule } from "./schedule.ts";

export const header = concat(ascii("HWSR"), Uint8Array.of(1, 1, 0, 0));

/** What is otherwise in a Hello; everything that is left out is as it should be. */
export interface HelloBends {
  readonly header?: Uint8Array;
  /** The ephemeral key that is sent and hashed. */
  readonly ephemeral?: Uint8Array;
  readonly route?: Uint8Array;
  /** The key that the route is sealed to. */
  readonly via?: Uint8Array;
  /** The key that the route names. */
  readonly names?: Uint8Array;
  /** The header and the ephemeral key that the route is made for. */
  readonly routeHeader?: Uint8Array;
  readonly routeEphemeral?: Uint8Array;
  /** What the client takes for the prologue of the handshake. */
  readonly prologue?: Uint8Array;
}

/** What is otherwise in a Response. */
export interface ResponseBends {
  /** The long-term key that is shown, without the secret of which DH is made with `pair`. */
  readonly shows?: Uint8Array;
  readonly context?: Uint8Array;
  /** The counter under which the long-term key is sealed, in place of 1. */
  readonly counter?: bigint;
  /** Leaves the DH `se` out of the schedule. */
  readonly skipDh?: boolean;
  /** Takes the DH `se` for all zeros. */
  readonly zeroDh?: boolean;
}

/** The runner as a client of the shim's. */
export class ClientEnd extends End {
  schedule: Schedule;
  readonly pair: Pair;
  readonly ephemeral: Pair;
  /** The server key that the route names and that is expected to answer. */
  readonly serverKey: Uint8Array;
  /** Where the shim's randomness is fixed: its ephemeral key. */
  readonly theirEphemeral: Uint8Array | undefined;
  #re: Uint8Array = none;
  /** The key with which it has to answer. */
  answers: Uint8Array;
  /** The Challenge that has to come. */
  #foreseen: Uint8Array | undefined;
  code: number | undefined;
  /** The Challenge as it came. */
  challengeBytes: Uint8Array = none;
  verdictKey: Uint8Array | undefined;
  /** The context that was asked for. */
  context: Uint8Array = new Uint8Array(32);
  shown: Uint8Array;

  constructor(
    context: EndContext,
    keys: {
      readonly pair: Pair;
      readonly ephemeral: Pair;
      readonly serverKey: Uint8Array;
      readonly theirEphemeral?: Uint8Array;
    },
  ) {
    super(context);
    this.schedule = new Schedule(context.primitives, "Noise_XX_25519_ChaChaPoly_BLAKE2b");
    this.pair = keys.pair;
    this.shown = keys.pair.public;
    this.ephemeral = keys.ephemeral;
    this.serverKey = keys.serverKey;
    this.answers = keys.serverKey;
    this.theirEphemeral = keys.theirEphemeral;
  }

  hello(bends: HelloBends = {}): Uint8Array {
    const sentHeader = bends.header ?? header;
    const ephemeral = bends.ephemeral ?? this.ephemeral.public;
    const route = bends.route ?? this.route(bends);
    this.schedule.mixHash(bends.prologue ?? sentHeader);
    this.schedule.mixHash(ephemeral);
    this.schedule.encryptAndHash(route);
    return concat(sentHeader, ephemeral, route);
  }

  /** RT-001 to RT-006. */
  route(bends: HelloBends = {}): Uint8Array {
    const via = bends.via ?? this.serverKey;
    const route = new Schedule(this.primitives, "Noise_N_25519_ChaChaPoly_BLAKE2b");
    route.mixHash(concat(ascii("hawser route"), bends.routeHeader ?? bends.header ?? header));
    route.mixHash(via);
    route.mixHash(bends.routeEphemeral ?? bends.ephemeral ?? this.ephemeral.public);
    route.mixKey(route.dh(this.ephemeral.secret, via));
    return route.encryptAndHash(bends.names ?? this.serverKey);
  }

  /**
   * Goes on as if the Challenge had come that has to come, which the fixed randomness of the shim gives away: what is sent
   * afterwards does not wait for it.
   */
  foresee(): void {
    const { schedule, serverKey, theirEphemeral } = this;
    if (theirEphemeral === undefined) throw new Error("only fixed randomness can be foreseen");
    this.#re = theirEphemeral;
    schedule.mixHash(theirEphemeral);
    schedule.mixKey(schedule.dh(this.ephemeral.secret, theirEphemeral));
    const c1 = schedule.encryptAndHash(serverKey);
    schedule.mixKey(schedule.dh(this.ephemeral.secret, serverKey));
    const c2 = schedule.encryptAndHash(u16(0));
    this.verdictKey = schedule.derive("hawser/1 verdict").slice(0, 32);
    this.#foreseen = concat(theirEphemeral, c1, c2);
  }

  /** Message 3, and the keys that come of it. */
  response(bends: ResponseBends = {}): Uint8Array {
    const { schedule } = this;
    this.context = bends.context ?? this.context;
    this.shown = bends.shows ?? this.pair.public;
    if (bends.counter !== undefined) schedule.n = bends.counter;
    const c1 = schedule.encryptAndHash(this.shown);
    const se = bends.zeroDh === true ? new Uint8Array(32) : schedule.dh(this.pair.secret, this.#re);
    if (bends.skipDh !== true) schedule.mixKey(se);
    const c2 = schedule.encryptAndHash(this.context);
    this.finish("client");
    return concat(c1, c2);
  }

  async next(patience = this.patience): Promise<Said> {
    if (this.code === undefined) return this.#nextAnswer(patience);
    if (this.verdictKey !== undefined) {
      const direction = new Direction(this.primitives, this.verdictKey, 0n);
      this.verdictKey = undefined;
      const one = await this.readRecord(direction, patience);
      if (this.plaintextLength % 256 !== 0)
        throw new Deviation(
          "a Verdict padded to a multiple of 256 bytes (HS-096)",
          `a plaintext of ${this.plaintextLength} bytes`,
        );
      if (one.word !== "accept" && !one.word.startsWith("alert:"))
        throw new Deviation("an Accept or an Alert as the Verdict (HS-094)", one.word);
      return one;
    }
    return this.readRecord(this.direction("theirs"), patience);
  }

  /** The Challenge; or, where eight bytes and an end of file come, a hint. */
  async #nextAnswer(patience: number): Promise<Said> {
    const { wire } = this;
    await wire.until(() => (wire.unread.length >= 98 || wire.ended ? true : undefined), patience);
    if (wire.unread.length === 8 && wire.ended === "end of file") {
      const hint = await wire.read(8, "a hint", 0);
      return this.note({ word: `hint:${hexOf(hint)}`, data: none });
    }
    const message = await wire.read(98, "a Challenge", patience);
    this.challengeBytes = message;
    if (this.#foreseen !== undefined) {
      if (hexOf(this.#foreseen) !== hexOf(message))
        throw new Deviation(`the Challenge ${hexOf(this.#foreseen)} (HS-044)`, hexOf(message));
      this.code = 0;
      return this.note({ word: "challenge", data: none });
    }
    const { schedule } = this;
    this.#re = message.slice(0, 32);
    if (this.theirEphemeral !== undefined && hexOf(this.theirEphemeral) !== hexOf(this.#re))
      throw new Deviation(
        `the ephemeral key of --random, ${hexOf(this.theirEphemeral)} (HS-038)`,
        hexOf(this.#re),
      );
    schedule.mixHash(this.#re);
    schedule.mixKey(schedule.dh(this.ephemeral.secret, this.#re));
    const key = schedule.decryptAndHash(message.subarray(32, 80));
    if (key === undefined) throw new Deviation("a Challenge whose key opens (HS-041)", hexOf(message));
    if (hexOf(key) !== hexOf(this.answers))
      throw new Deviation(`an answer with the key ${hexOf(this.answers)} (RT-011)`, hexOf(key));
    schedule.mixKey(schedule.dh(this.ephemeral.secret, key));
    const code = schedule.decryptAndHash(message.subarray(80));
    if (code === undefined) throw new Deviation("a Challenge whose code opens (HS-043)", hexOf(message));
    this.code = readU16(code, 0);
    if (isZero(code)) this.verdictKey = schedule.derive("hawser/1 verdict").slice(0, 32);
    return this.note({
      word: this.code === 0 ? "challenge" : `refusal:${this.code}`,
      data: none,
    });
  }
}
