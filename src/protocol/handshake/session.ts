import type { Primitives } from "../../crypto/primitives.ts";
import { bytesOf, textOf } from "../arguments.ts";
import { ascii, concat, secretCopy, u16 } from "../bytes.ts";
import { keyLength, maxExport } from "../limits.ts";
import { CipherState } from "../noise/cipher-state.ts";
import type { HandshakeState } from "../noise/handshake-state.ts";
import { hmac } from "../noise/hkdf.ts";
import { UsageError } from "../usage-error.ts";

/** What a finished handshake leaves behind (HS-105, HS-106). The `HandshakeState` is wiped. */
export interface Session {
  /** From the client to the server. */
  readonly clientCipher: CipherState;
  /** From the server to the client. */
  readonly serverCipher: CipherState;
  readonly exporter: Exporter;
  /** `h` after the third message, 64 bytes: the same at both ends, and public. */
  readonly channelBinding: Uint8Array;
}

export function finishHandshake(primitives: Primitives, state: HandshakeState): Session {
  const [clientCipher, serverCipher] = state.split();
  const exporter = new Exporter(primitives, state.deriveSecret("hawser/1 exporter"));
  const channelBinding = state.getHandshakeHash();
  state.wipe(); // HS-074, HS-080
  return { clientCipher, serverCipher, exporter, channelBinding };
}

/** The cipher of the one Verdict record, from the handshake as it is after its second message (HS-090). */
export function verdictCipher(primitives: Primitives, state: HandshakeState): CipherState {
  const secret = state.deriveSecret("hawser/1 verdict");
  const cipher = new CipherState(primitives, secret.subarray(0, keyLength));
  primitives.wipe(secret);
  return cipher;
}

/** Keying material for protocols above, bound to this connection (as RFC 5705 does it for TLS). */
export class Exporter {
  readonly #primitives: Primitives;
  /** Not to be had from outside (HS-107). */
  #secret: Uint8Array | undefined;

  constructor(primitives: Primitives, secret: Uint8Array) {
    this.#primitives = primitives;
    this.#secret = secret;
  }

  /** HS-108: the first `length` bytes (1 to 64) of `HMAC(x, u16 length of label | label | u16 length of context | context)`. */
  export(label: string, length: number, context: Uint8Array): Uint8Array {
    if (this.#secret === undefined) throw new UsageError("the channel is over and its exporter secret wiped");
    const labelBytes = ascii(textOf("an exporter label", label));
    if (label.length === 0 || label.length > 0xffff || !/^[\x20-\x7e]*$/.test(label)) {
      throw new UsageError("an exporter label is 1 to 65535 printable ASCII characters");
    }
    if (bytesOf("an exporter context", context).length > 0xffff)
      throw new UsageError("an exporter context has at most 65535 bytes");
    if (!Number.isInteger(length) || length < 1 || length > maxExport) {
      throw new UsageError(`an export has 1 to ${maxExport} bytes`); // HS-109
    }
    const input = concat(
      u16(labelBytes.length),
      labelBytes,
      u16(context.length),
      bytesOf("an exporter context", context),
    );
    const output = hmac(this.#primitives, this.#secret, input);
    const exported = output.slice(0, length);
    this.#primitives.wipe(output);
    return exported;
  }

  /** A copy of the secret, for a session that goes on elsewhere; the caller wipes it. */
  copySecret(): Uint8Array {
    if (this.#secret === undefined) throw new Error("the exporter secret has been wiped");
    return secretCopy(this.#secret);
  }

  wipe(): void {
    if (this.#secret !== undefined) this.#primitives.wipe(this.#secret);
    this.#secret = undefined;
  }
}
