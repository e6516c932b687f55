import type { Primitives } from "../../crypto/primitives.ts";
import { concat, isZero } from "../bytes.ts";
import { known } from "../known.ts";
import { keyLength, tagLength } from "../limits.ts";
import type { CipherState } from "./cipher-state.ts";
import type { Ephemeral } from "./ephemeral.ts";
import { type Pattern, protocolName, type Token } from "./patterns.ts";
import { SymmetricState } from "./symmetric-state.ts";

export interface HandshakeStateOptions {
  readonly primitives: Primitives;
  readonly pattern: Pattern;
  readonly initiator: boolean;
  readonly prologue: Uint8Array;
  /** The own static public key; its secret stays with the key holder. */
  readonly s?: Uint8Array;
  /** The own ephemeral key. Whoever made it wipes it. */
  readonly e?: Ephemeral;
  /** The responder's static public key, where the pattern says that it is known. */
  readonly rs?: Uint8Array;
}

/** Why a message could not be written or read: a DH output is all zeros, or a ciphertext does not authenticate. */
export type HandshakeFault = "zero" | "unauthentic";

export type HandshakeResult = { readonly bytes: Uint8Array } | { readonly fault: HandshakeFault };

/**
 * Noise's HandshakeState (Noise rev 34 §5.3), with two differences that serve key holders: the static secret key is
 * not here, so the one DH of a message that needs it is handed in (`staticDh`), and faults are values.
 *
 * After a fault the state is spent: nothing is rolled back.
 */
export class HandshakeState {
  readonly #primitives: Primitives;
  readonly #initiator: boolean;
  readonly #s: Uint8Array | undefined;
  readonly #e: Ephemeral | undefined;
  #rs: Uint8Array | undefined;
  #re: Uint8Array | undefined;
  readonly #symmetricState: SymmetricState;
  readonly #messages: (readonly Token[])[];

  constructor(options: HandshakeStateOptions) {
    this.#primitives = options.primitives;
    this.#initiator = options.initiator;
    this.#s = options.s;
    this.#e = options.e;
    this.#rs = options.rs;
    this.#messages = [...options.pattern.messages];
    this.#symmetricState = new SymmetricState(options.primitives, protocolName(options.pattern));
    this.#symmetricState.mixHash(options.prologue);
    if (options.pattern.responderKnown) {
      this.#symmetricState.mixHash(
        known(options.initiator ? this.#rs : this.#s, "the responder's static key"),
      );
    }
  }

  /** The peer's static public key, once it has been read. */
  get remoteStatic(): Uint8Array | undefined {
    return this.#rs;
  }

  /** The peer's ephemeral public key, once it has been read. */
  get remoteEphemeral(): Uint8Array | undefined {
    return this.#re;
  }

  /** WriteMessage: the next message of the pattern, with its payload. */
  writeMessage(payload: Uint8Array, staticDh?: Uint8Array): HandshakeResult {
    const parts: Uint8Array[] = [];
    for (const token of this.#nextMessage()) {
      if (token === "e") {
        const { publicKey } = known(this.#e, "an ephemeral key");
        this.#symmetricState.mixHash(publicKey);
        parts.push(publicKey);
      } else if (token === "s") {
        parts.push(this.#symmetricState.encryptAndHash(known(this.#s, "a static key")));
      } else if (!this.#mixDh(token, staticDh)) {
        return { fault: "zero" };
      }
    }
    parts.push(this.#symmetricState.encryptAndHash(payload));
    return { bytes: concat(...parts) };
  }

  /** ReadMessage: the payload of the peer's message. The message's length is the caller's to check. */
  readMessage(message: Uint8Array, staticDh?: Uint8Array): HandshakeResult {
    let rest = message;
    const take = (length: number): Uint8Array => {
      const part = rest.slice(0, length);
      rest = rest.subarray(length);
      return part;
    };
    for (const token of this.#nextMessage()) {
      if (token === "e") {
        this.#re = take(keyLength);
        this.#symmetricState.mixHash(this.#re);
      } else if (token === "s") {
        const publicKey = this.#symmetricState.decryptAndHash(take(keyLength + tagLength));
        if (publicKey === undefined) return { fault: "unauthentic" };
        this.#rs = publicKey;
      } else if (!this.#mixDh(token, staticDh)) {
        return { fault: "zero" };
      }
    }
    const payload = this.#symmetricState.decryptAndHash(rest);
    return payload === undefined ? { fault: "unauthentic" } : { bytes: payload };
  }

  /** `h`, 64 bytes; after the last message the channel binding. Public. */
  getHandshakeHash(): Uint8Array {
    return this.#symmetricState.getHandshakeHash();
  }

  /** See {@link SymmetricState.deriveSecret}. */
  deriveSecret(label: string): Uint8Array {
    return this.#symmetricState.deriveSecret(label);
  }

  /** The transport keys, from initiator to responder and back, once every message has passed. */
  split(): [CipherState, CipherState] {
    if (this.#messages.length > 0) throw new Error("the handshake is not over");
    return this.#symmetricState.split();
  }

  wipe(): void {
    this.#symmetricState.wipe();
  }

  #nextMessage(): readonly Token[] {
    const tokens = this.#messages.shift();
    if (tokens === undefined) throw new Error("the handshake is over");
    return tokens;
  }

  /** `ee`, `es`, `se`: the first letter names the initiator's key, the second the responder's. */
  #mixDh(token: Exclude<Token, "e" | "s">, staticDh: Uint8Array | undefined): boolean {
    const [own, remote] = this.#initiator ? [token[0], token[1]] : [token[1], token[0]];
    const publicKey = remote === "e" ? known(this.#re, "the peer's e") : known(this.#rs, "the peer's s");
    const output =
      own === "s" ? known(staticDh, "the static key's DH") : known(this.#e, "an ephemeral key").dh(publicKey);
    if (output === undefined || isZero(output)) return false; // NO-010
    this.#symmetricState.mixKey(output);
    if (own === "e") this.#primitives.wipe(output);
    return true;
  }
}
