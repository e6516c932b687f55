import { ascii, concat, u16 } from "../../protocol/bytes.ts";
import { Deviation } from "../deviation.ts";
import { hexOf } from "../shim/hex.ts";
import { header } from "./client-end.ts";
import { End, type EndContext } from "./end.ts";
import type { Pair } from "./keys.ts";
import { framed, plain, type Said, types } from "./plaintext.ts";
import { none, Schedule, seal } from "./schedule.ts";

/** What is otherwise in a Challenge; everything that is left out is as it should be. */
export interface ChallengeBends {
  /** The ephemeral key that is sent and hashed. */
  readonly ephemeral?: Uint8Array;
  /** The long-term key that answers. */
  readonly pair?: Pair;
  /** The long-term key that is shown, while DH is made with the pair's. */
  readonly shows?: Uint8Array;
  readonly code?: number;
  /** The payload, in place of the code. */
  readonly payload?: Uint8Array;
  readonly prologue?: Uint8Array;
  /** The route that the server takes for the Hello's. */
  readonly route?: Uint8Array;
  /** What DH yields at the server, where it is all zeros at the client. */
  readonly zero?: "ee" | "es";
  /** Leaves a step of the key schedule out (`ee`: mixes nothing in, as there has to be a key). */
  readonly skip?: "ee" | "es" | "mixHash(e)" | "mixHash(route)";
  readonly counterOfKey?: bigint;
  readonly counterOfCode?: bigint;
}

/** What the runner knows of the client that the shim plays. */
export interface ServerSetting {
  readonly pair: Pair;
  readonly ephemeral: Pair;
  /** The client's long-term key. */
  readonly clientKey: Uint8Array;
  /** The client's ephemeral key, where its randomness is fixed. */
  readonly theirEphemeral: Uint8Array | undefined;
  /** On first use the random bytes that it has to send as its route. */
  readonly randomRoute: Uint8Array | undefined;
  /** Who opens the route; without it, the pair. */
  readonly via?: Pair;
  /** The context that the client has to ask for. */
  readonly context: Uint8Array;
}

/** The runner as a server of the shim's. */
export class ServerEnd extends End {
  schedule: Schedule;
  readonly setting: ServerSetting;
  re: Uint8Array = none;
  /** The client's Hello as it came. */
  helloBytes: Uint8Array = none;
  /** The Response that has to come. */
  #foreseen: Uint8Array | undefined;
  #stage: "hello" | "response" | "records" = "hello";
  verdictKey: Uint8Array = none;

  constructor(context: EndContext, setting: ServerSetting) {
    super(context);
    this.setting = setting;
    this.schedule = new Schedule(context.primitives, "Noise_XX_25519_ChaChaPoly_BLAKE2b");
  }

  /** Message 2. */
  challenge(bends: ChallengeBends = {}): Uint8Array {
    const { setting, helloBytes } = this;
    const schedule = new Schedule(this.primitives, "Noise_XX_25519_ChaChaPoly_BLAKE2b");
    this.schedule = schedule;
    const pair = bends.pair ?? setting.pair;
    const ephemeral = bends.ephemeral ?? setting.ephemeral.public;
    schedule.mixHash(bends.prologue ?? helloBytes.subarray(0, 8));
    schedule.mixHash(this.re);
    if (bends.skip !== "mixHash(route)") schedule.encryptAndHash(bends.route ?? helloBytes.subarray(40));
    if (bends.skip !== "mixHash(e)") schedule.mixHash(ephemeral);
    const zeros = new Uint8Array(32);
    const dh = (secret: Uint8Array) => schedule.dh(secret, this.re);
    if (bends.skip === "ee") schedule.mixKey(none);
    else schedule.mixKey(bends.zero === "ee" ? zeros : dh(setting.ephemeral.secret));
    schedule.n = bends.counterOfKey ?? 0n;
    const c1 = schedule.encryptAndHash(bends.shows ?? pair.public);
    if (bends.skip !== "es") schedule.mixKey(bends.zero === "es" ? zeros : dh(pair.secret));
    schedule.n = bends.counterOfCode ?? schedule.n;
    const c2 = schedule.encryptAndHash(bends.payload ?? u16(bends.code ?? 0));
    if (this.#stage === "hello") throw new Error("a Challenge answers a Hello");
    this.verdictKey = schedule.derive("hawser/1 verdict").slice(0, 32);
    return concat(ephemeral, c1, c2);
  }

  /**
   * Goes on as if the Response had come that has to come: what is sent afterwards does not wait for it.
   */
  foresee(): void {
    const { schedule, setting } = this;
    const c1 = schedule.encryptAndHash(setting.clientKey);
    schedule.mixKey(schedule.dh(setting.ephemeral.secret, setting.clientKey));
    const c2 = schedule.encryptAndHash(setting.context);
    this.finish("server");
    this.#foreseen = concat(c1, c2);
  }

  /** The Verdict, an Accept unless another plaintext is given, padded as it should be unless it is one. */
  verdict(plaintext = plain(types.accept, none, { padding: new Uint8Array(253) })): Uint8Array {
    return framed(seal(this.primitives, this.verdictKey, 0n, none, plaintext));
  }

  async next(patience = this.patience): Promise<Said> {
    switch (this.#stage) {
      case "hello":
        return this.#nextHello(patience);
      case "response":
        return this.#nextResponse(patience);
      default:
        return this.readRecord(this.direction("theirs"), patience);
    }
  }

  async #nextHello(patience: number): Promise<Said> {
    const { setting } = this;
    const hello = await this.wire.read(88, "a Hello", patience);
    this.helloBytes = hello;
    this.#stage = "response";
    if (hexOf(hello.subarray(0, 8)) !== hexOf(header))
      throw new Deviation(`the header ${hexOf(header)} (HS-005)`, hexOf(hello.subarray(0, 8)));
    this.re = hello.slice(8, 40);
    if (setting.theirEphemeral !== undefined && hexOf(setting.theirEphemeral) !== hexOf(this.re))
      throw new Deviation(
        `the ephemeral key of --random, ${hexOf(setting.theirEphemeral)} (HS-025)`,
        hexOf(this.re),
      );
    const route = hello.subarray(40);
    if (setting.randomRoute !== undefined) {
      if (hexOf(route) !== hexOf(setting.randomRoute))
        throw new Deviation(`the random route ${hexOf(setting.randomRoute)} (RT-007)`, hexOf(route));
    } else {
      const via = setting.via ?? setting.pair;
      const opening = new Schedule(this.primitives, "Noise_N_25519_ChaChaPoly_BLAKE2b");
      opening.mixHash(concat(ascii("hawser route"), hello.subarray(0, 8)));
      opening.mixHash(via.public);
      opening.mixHash(this.re);
      opening.mixKey(opening.dh(via.secret, this.re));
      const named = opening.decryptAndHash(route);
      if (named === undefined)
        throw new Deviation("a route that opens (RT-001 to RT-006)", `route ${hexOf(route)}`);
      if (hexOf(named) !== hexOf(setting.pair.public))
        throw new Deviation(`a route that names ${hexOf(setting.pair.public)} (RT-006)`, hexOf(named));
    }
    return this.note({ word: "hello", data: none });
  }

  async #nextResponse(patience: number): Promise<Said> {
    const { schedule, setting } = this;
    const message = await this.wire.read(96, "a Response", patience);
    this.#stage = "records";
    if (this.#foreseen !== undefined) {
      if (hexOf(this.#foreseen) !== hexOf(message))
        throw new Deviation(`the Response ${hexOf(this.#foreseen)} (HS-073)`, hexOf(message));
      return this.note({ word: "response", data: none });
    }
    const key = schedule.decryptAndHash(message.subarray(0, 48));
    if (key === undefined)
      throw new Deviation("a Response whose key opens (HS-070)", hexOf(message.subarray(0, 48)));
    if (hexOf(key) !== hexOf(setting.clientKey))
      throw new Deviation(`the client's key ${hexOf(setting.clientKey)} (HS-070)`, hexOf(key));
    schedule.mixKey(schedule.dh(setting.ephemeral.secret, key));
    const context = schedule.decryptAndHash(message.subarray(48));
    if (context === undefined)
      throw new Deviation("a Response whose context opens (HS-072)", hexOf(message.subarray(48)));
    if (hexOf(context) !== hexOf(setting.context))
      throw new Deviation(`the context ${hexOf(setting.context)} (HS-022)`, hexOf(context));
    this.finish("server");
    return this.note({ word: "response", data: none });
  }
}
