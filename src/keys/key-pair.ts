import type { Primitives } from "../crypto/primitives.ts";
import type { KeyHolder } from "../protocol/key-holder.ts";
import { argumentError, requireKey, requireObject } from "./arguments.ts";
import { KeyError } from "./errors.ts";
import { formatPublicKey, formatSecretKey, KEY_BYTES } from "./text.ts";

/**
 * The secret keys of all holders. Not private fields: a browser's console shows those of any object it prints.
 */
const secrets = new WeakMap<LocalKeyHolder, { primitives: Primitives; secretKey: Uint8Array }>();

/**
 * A key pair in this process. Printed, inspected, stringified or cloned it shows its public key only; the secret key
 * comes out through `exportSecretKey` and `secretKeyText` alone. (KT-023)
 */
export class LocalKeyHolder implements KeyHolder {
  readonly #publicKey: Uint8Array;

  /** Use {@link localKeyHolder} or {@link generateKeyPair}. */
  constructor(primitives: Primitives, secretKey: Uint8Array) {
    requirePrimitives(primitives);
    requireKey("the secret key", secretKey, KEY_BYTES, "parseSecretKey");
    this.#publicKey = primitives.x25519PublicKey(secretKey);
    secrets.set(this, { primitives, secretKey: copyOf(secretKey) });
  }

  /** A copy of the public key, 32 bytes: what is done to it changes nothing here. */
  get publicKey(): Uint8Array {
    return copyOf(this.#publicKey);
  }

  /** The public key's text, `hawser1…`. */
  get publicKeyText(): string {
    return formatPublicKey(this.#publicKey);
  }

  /** Whether {@link wipe} was called. */
  get wiped(): boolean {
    return !secrets.has(this);
  }

  /**
   * X25519 of the secret key and a peer's public key (32 bytes); `undefined` for an all-zero output.
   *
   * @throws KeyError ERR_HAWSER_KEY_ARGUMENT for anything but 32 bytes, ERR_HAWSER_KEY_WIPED after `wipe`
   */
  dh(publicKey: Uint8Array): Uint8Array | undefined {
    const { primitives, secretKey } = this.#open();
    requireKey("the public key", publicKey, KEY_BYTES, "parsePublicKey");
    return primitives.x25519(secretKey, publicKey);
  }

  /** A copy of the secret key, 32 bytes; the caller wipes it. @throws KeyError ERR_HAWSER_KEY_WIPED after `wipe` */
  exportSecretKey(): Uint8Array {
    return copyOf(this.#open().secretKey);
  }

  /**
   * The secret key's text, `HAWSER-SECRET-KEY-1…`, to be stored. A string can't be wiped.
   *
   * @throws KeyError ERR_HAWSER_KEY_WIPED after `wipe`
   */
  secretKeyText(): string {
    return formatSecretKey(this.#open().secretKey);
  }

  /**
   * Overwrites the secret key (KT-024). The holder can't be used any more; wiping it again does nothing. Strings made of the
   * key, and copies the runtime made, remain.
   */
  wipe(): void {
    const held = secrets.get(this);
    if (held === undefined) return;
    held.primitives.wipe(held.secretKey);
    secrets.delete(this);
  }

  toString(): string {
    return `LocalKeyHolder(${this.publicKeyText}${this.wiped ? ", wiped" : ""})`;
  }

  toJSON(): { publicKey: string } {
    return { publicKey: this.publicKeyText };
  }

  /** What Node's `util.inspect` and `console.log` print. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }

  #open(): { primitives: Primitives; secretKey: Uint8Array } {
    const held = secrets.get(this);
    if (held === undefined) {
      throw new KeyError(
        "ERR_HAWSER_KEY_WIPED",
        "this key pair was wiped and can't be used any more: read it again",
      );
    }
    return held;
  }
}

/**
 * A key pair from its secret key (any 32 bytes, copied: the caller may wipe its own).
 *
 * @throws KeyError ERR_HAWSER_KEY_ARGUMENT for anything but primitives and 32 bytes
 */
export function localKeyHolder(primitives: Primitives, secretKey: Uint8Array): LocalKeyHolder {
  return new LocalKeyHolder(primitives, secretKey);
}

/**
 * A new key pair of 32 random bytes, unclamped, as RFC 7748 §6.1 has them. (KT-022)
 *
 * @param random fills the bytes it is given; the platform's cryptographic generator unless given
 * @throws KeyError ERR_HAWSER_KEY_ARGUMENT
 */
export function generateKeyPair(
  primitives: Primitives,
  random: (bytes: Uint8Array<ArrayBuffer>) => void = (bytes) => void globalThis.crypto.getRandomValues(bytes),
): LocalKeyHolder {
  requirePrimitives(primitives);
  if (typeof random !== "function")
    throw argumentError("the source of randomness", random, "a function was expected");
  const secretKey = new Uint8Array(new ArrayBuffer(KEY_BYTES));
  random(secretKey);
  const holder = new LocalKeyHolder(primitives, secretKey);
  primitives.wipe(secretKey);
  return holder;
}

function requirePrimitives(primitives: unknown): asserts primitives is Primitives {
  const expected = "what await loadPrimitives() gives was expected";
  requireObject("the primitives", primitives, expected);
  if (!("x25519PublicKey" in primitives) || typeof primitives.x25519PublicKey !== "function") {
    throw argumentError("the primitives", primitives, expected);
  }
}

/** @throws KeyError ERR_HAWSER_KEY_ARGUMENT */
export function requireHolder(holder: unknown): asserts holder is LocalKeyHolder {
  if (!(holder instanceof LocalKeyHolder)) {
    throw argumentError("the key pair", holder, "one of generateKeyPair or localKeyHolder was expected");
  }
}

/**
 * A key's bytes in memory of their own: the `slice` of Node's `Buffer` copies nothing. An `ArrayBuffer` made by hand
 * is outside V8's heap, whose collector would move small arrays and leave what they held behind, out of wiping's reach.
 */
function copyOf(key: Uint8Array): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(new ArrayBuffer(KEY_BYTES));
  copy.set(key);
  return copy;
}
