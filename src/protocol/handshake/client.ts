import type { Primitives } from "../../crypto/primitives.ts";
import { concat, readU16 } from "../bytes.ts";
import { keyLength, routeLength } from "../limits.ts";
import type { CipherState } from "../noise/cipher-state.ts";
import { Ephemeral } from "../noise/ephemeral.ts";
import { HandshakeState } from "../noise/handshake-state.ts";
import { XX } from "../noise/patterns.ts";
import { UsageError } from "../usage-error.ts";
import { header } from "./header.ts";
import { sealRoute } from "./route.ts";
import { finishHandshake, type Session, verdictCipher } from "./session.ts";

export interface ClientHandshakeOptions {
  readonly primitives: Primitives;
  readonly randomBytes: (length: number) => Uint8Array;
  /** The own long-term public key. */
  readonly publicKey: Uint8Array;
  /** The key that the server must have; none on first use. */
  readonly serverKey: Uint8Array | undefined;
  /** The key that the route is sealed to; the server's own unless a middlebox stands before it. */
  readonly via: Uint8Array | undefined;
  /** As it goes over the wire, 32 bytes. */
  readonly context: Uint8Array;
}

/** What a Challenge turns out to be. Keys are those received. */
export type ChallengeJudgement =
  | { readonly verdict: "accepted" | "firstUse"; readonly serverKey: Uint8Array }
  | {
      readonly verdict: "refused" | "middlebox" | "refusedFirstUse";
      readonly serverKey: Uint8Array;
      readonly code: number;
    }
  | { readonly verdict: "mismatch"; readonly serverKey: Uint8Array }
  | { readonly verdict: "bad"; readonly fault: "zero" | "unauthentic" };

/** The client's messages: Hello, what the Challenge says, Response. */
export class ClientHandshake {
  readonly hello: Uint8Array;
  readonly #options: ClientHandshakeOptions;
  readonly #e: Ephemeral;
  readonly #state: HandshakeState;

  /** Makes the Hello (HS-024 to HS-029). Throws {@link UsageError} for a low-order configured key (HS-019). */
  constructor(options: ClientHandshakeOptions) {
    const { primitives } = options;
    this.#options = options;
    const e = options.randomBytes(keyLength); // HS-004, SC-043
    this.#e = new Ephemeral(primitives, e);
    primitives.wipe(e);
    try {
      const route = makeRoute(options, this.#e);
      this.#state = new HandshakeState({
        primitives,
        pattern: XX,
        initiator: true,
        prologue: header,
        s: options.publicKey,
        e: this.#e,
      });
      const message = this.#state.writeMessage(route);
      if ("fault" in message) throw new Error("the first message of XX has no DH");
      this.hello = concat(header, message.bytes);
    } catch (error) {
      this.#e.wipe();
      throw error;
    }
  }

  /** Judges the 98 bytes of a Challenge: HS-049 to HS-061, in their order. */
  readChallenge(challenge: Uint8Array): ChallengeJudgement {
    const payload = this.#state.readMessage(challenge);
    if ("fault" in payload) return { verdict: "bad", fault: payload.fault };
    const code = readU16(payload.bytes, 0);
    const serverKey = this.#state.remoteStatic;
    if (serverKey === undefined) throw new Error("the Challenge carries the server's key");
    const expected = this.#options.serverKey;
    // NO-020, NO-021: the bytes as received, by the provider's comparison.
    const isKey = (key: Uint8Array | undefined) =>
      key !== undefined && this.#options.primitives.equal(key, serverKey);
    if (expected === undefined) {
      return code === 0
        ? { verdict: "firstUse", serverKey }
        : { verdict: "refusedFirstUse", serverKey, code };
    }
    if (isKey(expected)) {
      return code === 0 ? { verdict: "accepted", serverKey } : { verdict: "refused", serverKey, code };
    }
    if (isKey(this.#options.via) && code !== 0) return { verdict: "middlebox", serverKey, code };
    return { verdict: "mismatch", serverKey };
  }

  /** The server's ephemeral key: what the own long-term key's DH is made with. */
  get peerEphemeral(): Uint8Array {
    const key = this.#state.remoteEphemeral;
    if (key === undefined) throw new Error("the Challenge has not been read");
    return key;
  }

  /** The cipher of the Verdict, to be made before the Response is. */
  verdictCipher(): CipherState {
    return verdictCipher(this.#options.primitives, this.#state);
  }

  /** The Response (HS-070 to HS-073), 96 bytes; `undefined` when the long-term key's DH is all zeros. */
  writeResponse(staticDh: Uint8Array): Uint8Array | undefined {
    const message = this.#state.writeMessage(this.#options.context, staticDh);
    return "bytes" in message ? message.bytes : undefined;
  }

  finish(): Session {
    this.#e.wipe();
    return finishHandshake(this.#options.primitives, this.#state);
  }

  wipe(): void {
    this.#e.wipe();
    this.#state.wipe();
  }
}

/** RT-001 to RT-007: the route, or random bytes for a client that does not know the server's key. */
function makeRoute(
  { primitives, randomBytes, serverKey, via }: ClientHandshakeOptions,
  e: Ephemeral,
): Uint8Array {
  if (serverKey === undefined) return randomBytes(routeLength);
  if (!e.keep(serverKey)) throw lowOrder("serverKey");
  const route = sealRoute(primitives, header, e, via ?? serverKey, serverKey);
  if (route === undefined) throw lowOrder("via");
  return route;
}

function lowOrder(name: string): UsageError {
  return new UsageError(`${name} is no key: X25519 with it gives zero (a low-order point)`);
}
