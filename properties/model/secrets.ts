import type { Primitives } from "../../src/crypto/primitives.ts";
import type { KeyHolder } from "../../src/protocol/index.ts";

/** A secret that a connection has had in its hands. */
export interface Secret {
  readonly what: "ephemeral secret" | "DH output" | "digest" | "cipher key";
  /** The very bytes that the connection uses. */
  readonly bytes: Uint8Array;
  /** What they were when they were seen. */
  readonly value: Uint8Array;
}

/** How many operations of each kind were asked for. */
export interface Counted {
  operations: number;
}

/**
 * Primitives that note every secret that passes through them: keys, DH outputs, and digests other than those of the
 * handshake hash `h`, which is public and made of public bytes.
 */
export function noting(primitives: Primitives): {
  readonly primitives: Primitives;
  readonly secrets: Secret[];
  readonly counted: Counted;
} {
  const secrets: Secret[] = [];
  const counted = { operations: 0 };
  const last = new Map<Uint8Array, string>();
  const publicHashes = new Set(
    ["Noise_XX_25519_ChaChaPoly_BLAKE2b", "Noise_N_25519_ChaChaPoly_BLAKE2b"].map((name) =>
      Buffer.from(name.padEnd(64, "\0")).toString("hex"),
    ),
  );
  const note = (what: Secret["what"], bytes: Uint8Array | undefined) => {
    if (bytes === undefined) return;
    const hex = Buffer.from(bytes).toString("hex");
    if (last.get(bytes) === hex) return;
    last.set(bytes, hex);
    secrets.push({ what, bytes, value: bytes.slice() });
  };
  const noted: Primitives = {
    name: primitives.name,
    equal: (a, b) => primitives.equal(a, b),
    wipe: (bytes) => primitives.wipe(bytes),
    x25519PublicKey(secretKey) {
      counted.operations++;
      note("ephemeral secret", secretKey);
      return primitives.x25519PublicKey(secretKey);
    },
    x25519(secretKey, publicKey) {
      counted.operations++;
      note("ephemeral secret", secretKey);
      const output = primitives.x25519(secretKey, publicKey);
      note("DH output", output);
      return output;
    },
    blake2b(input, out) {
      counted.operations++;
      const output = primitives.blake2b(input, out);
      if (publicHashes.has(Buffer.from(input.subarray(0, 64)).toString("hex"))) {
        publicHashes.add(Buffer.from(output).toString("hex"));
        return output;
      }
      note("digest", input);
      note("digest", output);
      return output;
    },
    seal(key, nonce, associatedData, plaintext, out) {
      counted.operations++;
      note("cipher key", key);
      primitives.seal(key, nonce, associatedData, plaintext, out);
    },
    open(key, nonce, associatedData, ciphertext, out) {
      counted.operations++;
      note("cipher key", key);
      return primitives.open(key, nonce, associatedData, ciphertext, out);
    },
  };
  return { primitives: noted, secrets, counted };
}

/** What key holders have handed out, until `stop`. */
export interface HandedOut {
  /** The very arrays, and every copy that was made of them, of copies as well. */
  readonly secrets: Secret[];
  stop(): void;
}

/**
 * Notes the DH outputs of key holders, which pass through no primitive of the channel that asks. Their copies are of
 * no other's making than `set` and `slice`, which therefore are watched in the meantime.
 */
export function watchKeyHolders(keyHolders: readonly KeyHolder[]): HandedOut {
  const secrets: Secret[] = [];
  const memory = new Set<ArrayBufferLike>();
  const { set, slice } = Uint8Array.prototype;
  const note = (bytes: Uint8Array | undefined) => {
    if (bytes === undefined || bytes.every((byte) => byte === 0)) return;
    memory.add(bytes.buffer);
    secrets.push({ what: "DH output", bytes, value: slice.call(bytes) });
  };
  const isNoted = (source: ArrayLike<number>) => source instanceof Uint8Array && memory.has(source.buffer);
  Uint8Array.prototype.set = function (this: Uint8Array, source: ArrayLike<number>, offset?: number): void {
    set.call(this, source, offset);
    // What is longer is an input of BLAKE2b, which `noting` sees.
    if (this.length === source.length && isNoted(source)) note(this);
  };
  Uint8Array.prototype.slice = function (this: Uint8Array, ...range: [number?, number?]) {
    const copy = slice.apply(this, range);
    if (copy.length === this.length && isNoted(this)) note(copy);
    return copy;
  };
  const own = keyHolders.map((keyHolder) => ({ keyHolder, dh: keyHolder.dh }));
  for (const { keyHolder, dh } of own) {
    keyHolder.dh = (publicKey) => {
      const output = dh.call(keyHolder, publicKey);
      if (output instanceof Promise) throw new Error("tests' keys answer at once");
      note(output);
      return output;
    };
  }
  return {
    secrets,
    stop() {
      Object.assign(Uint8Array.prototype, { set, slice });
      for (const { keyHolder, dh } of own) keyHolder.dh = dh;
    },
  };
}

/** Of the secrets, those whose bytes are not all zero now, each once. */
export function remaining(secrets: readonly Secret[]): Secret[] {
  const left = secrets.filter(({ bytes }) => bytes.some((byte) => byte !== 0));
  return left.filter(({ bytes }, i) => left.findIndex((other) => other.bytes === bytes) === i);
}
