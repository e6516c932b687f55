import type { Primitives } from "../../crypto/primitives.ts";
import { isZero, secretCopy, u16 } from "../bytes.ts";
import type { OwnKey } from "../key-holder.ts";
import { headerLength, keyLength } from "../limits.ts";
import type { CipherState } from "../noise/cipher-state.ts";
import { Ephemeral } from "../noise/ephemeral.ts";
import { HandshakeState } from "../noise/handshake-state.ts";
import { XX } from "../noise/patterns.ts";
import { openRoute } from "./route.ts";
import { finishHandshake, type Session, verdictCipher } from "./session.ts";

export interface ServerHandshakeOptions {
  readonly primitives: Primitives;
  readonly randomBytes: (length: number) => Uint8Array;
  /** The own long-term keys, one to four, newest first. */
  readonly ownKeys: readonly OwnKey[];
}

/** What opening a route has come to: another DH is needed first, or one is zero, or it is known whom the client wants. */
export type RouteProgress =
  | { readonly need: OwnKey }
  | { readonly fault: "zero" }
  | { readonly route: "unopened"; readonly answerWith: OwnKey }
  | { readonly route: "own"; readonly answerWith: OwnKey }
  | { readonly route: "other"; readonly answerWith: OwnKey; readonly serverKey: Uint8Array };

export type ResponseJudgement =
  | { readonly clientKey: Uint8Array; readonly context: Uint8Array }
  | { readonly fault: "zero" | "unauthentic" };

/** The server's side of the messages: what a Hello's route says, Challenge, what the Response says. */
export class ServerHandshake {
  readonly hello: Uint8Array;
  readonly #options: ServerHandshakeOptions;
  /** Each key's DH with the client's ephemeral key, as far as it has been asked for. */
  readonly #outputs = new Map<OwnKey, Uint8Array>();
  #e: Ephemeral | undefined;
  #state: HandshakeState | undefined;

  /** @param hello 88 bytes, whose header has been found good */
  constructor(options: ServerHandshakeOptions, hello: Uint8Array) {
    this.#options = options;
    this.hello = hello;
  }

  /** The client's ephemeral key: what the long-term keys' DHs are made with. */
  get peerEphemeral(): Uint8Array {
    return this.hello.slice(headerLength, headerLength + keyLength);
  }

  /** Hands in the DH that was needed, and takes the next step: each key is tried in its turn, newest first (RT-010). */
  openRoute(ownKey: OwnKey, output: Uint8Array | undefined): RouteProgress {
    if (output === undefined || isZero(output)) return { fault: "zero" }; // HS-036, NO-010
    this.#outputs.set(ownKey, secretCopy(output));
    const { ownKeys, primitives } = this.#options;
    for (const holder of ownKeys) {
      const dh = this.#outputs.get(holder);
      if (dh === undefined) return { need: holder };
      const serverKey = openRoute(
        primitives,
        this.hello.subarray(0, headerLength),
        holder.publicKey,
        this.hello.subarray(headerLength),
        dh,
      );
      if (serverKey !== undefined) return this.#named(serverKey, holder);
    }
    return { route: "unopened", answerWith: this.newestKey };
  }

  get newestKey(): OwnKey {
    const [newest] = this.#options.ownKeys;
    if (newest === undefined) throw new Error("a server has a key");
    return newest;
  }

  /** The Challenge (HS-038 to HS-044), 98 bytes; `undefined` when a DH output is all zeros. */
  writeChallenge(ownKey: OwnKey, code: number): Uint8Array | undefined {
    const { primitives, randomBytes } = this.#options;
    const e = randomBytes(keyLength); // HS-004, SC-043
    this.#e = new Ephemeral(primitives, e);
    primitives.wipe(e);
    this.#state = new HandshakeState({
      primitives,
      pattern: XX,
      initiator: false,
      prologue: this.hello.subarray(0, headerLength), // HS-032: as received
      s: ownKey.publicKey,
      e: this.#e,
    });
    this.#state.readMessage(this.hello.subarray(headerLength));
    const message = this.#state.writeMessage(u16(code), this.#outputs.get(ownKey));
    this.#wipeOutputs();
    return "bytes" in message ? message.bytes : undefined;
  }

  /** The cipher of the Verdict, to be made before the Response is read. */
  verdictCipher(): CipherState {
    return verdictCipher(this.#options.primitives, this.#challenged());
  }

  /** Judges the 96 bytes of a Response. Nothing of it is known before both its parts authenticate (HS-085). */
  readResponse(response: Uint8Array): ResponseJudgement {
    const payload = this.#challenged().readMessage(response);
    if ("fault" in payload) return payload;
    const clientKey = this.#challenged().remoteStatic;
    if (clientKey === undefined) throw new Error("the Response carries the client's key");
    return { clientKey, context: payload.bytes };
  }

  finish(): Session {
    this.#e?.wipe();
    return finishHandshake(this.#options.primitives, this.#challenged());
  }

  wipe(): void {
    this.#wipeOutputs();
    this.#e?.wipe();
    this.#state?.wipe();
  }

  /** RT-016: a key of the own is served here, and never passed on. */
  #named(serverKey: Uint8Array, opener: OwnKey): RouteProgress {
    const own = this.#options.ownKeys.find(({ publicKey }) =>
      this.#options.primitives.equal(publicKey, serverKey),
    );
    if (own === undefined) return { route: "other", answerWith: opener, serverKey };
    return this.#outputs.has(own) ? { route: "own", answerWith: own } : { need: own };
  }

  #challenged(): HandshakeState {
    if (this.#state === undefined) throw new Error("no Challenge has been made");
    return this.#state;
  }

  #wipeOutputs(): void {
    for (const output of this.#outputs.values()) this.#options.primitives.wipe(output);
    this.#outputs.clear();
  }
}
