/** Why: a key pair ends up in logs by way of console.log, and outlives its use by way of forgetting it. */
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { refusal, shows } from "../../properties/arbitraries/key-errors.ts";
import { loadPrimitives } from "../crypto/index.ts";
import { generateKeyPair, localKeyHolder } from "./key-pair.ts";
import { parseSecretKey } from "./text.ts";

const primitives = await loadPrimitives();
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const unhex = (text: string) => Uint8Array.from(Buffer.from(text, "hex"));
// RFC 7748 §6.1.
const alice = unhex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a");
const bobPublic = unhex("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");
const shared = "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742";

describe("a key pair in this process", () => {
  it("has the public key and the DH of RFC 7748", () => {
    const holder = localKeyHolder(primitives, alice);
    expect(hex(holder.publicKey)).toBe("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a");
    expect(hex(holder.dh(bobPublic) as Uint8Array)).toBe(shared);
    expect(holder.dh(new Uint8Array(32))).toBeUndefined();
  });

  it("keeps a copy of the secret key, and hands out copies", () => {
    const mine = alice.slice();
    const holder = localKeyHolder(primitives, mine);
    mine.fill(0);
    holder.exportSecretKey().fill(0);
    expect(hex(holder.dh(bobPublic) as Uint8Array)).toBe(shared);
    expect(hex(holder.exportSecretKey())).toBe(hex(alice));
    expect(hex(parseSecretKey(holder.secretKeyText()))).toBe(hex(alice));
  });

  it("KT-024: shares no memory with a Buffer, whose slice is no copy", () => {
    const pooled = Buffer.from(alice);
    const seen: Uint8Array[] = [];
    const holder = localKeyHolder({ ...spied(), x25519: (key) => void seen.push(key) }, pooled);
    pooled.fill(0);
    expect(hex(holder.exportSecretKey())).toBe(hex(alice));
    holder.dh(bobPublic);
    const made: Uint8Array[] = [];
    generateKeyPair(primitives, (bytes) => void made.push(bytes));
    // Alone in an ArrayBuffer of their own: not in Node's pool.
    const all = [...seen, ...made, holder.exportSecretKey()];
    expect(all.map((bytes) => [bytes.constructor, bytes.byteLength, bytes.buffer.byteLength])).toEqual(
      Array.from({ length: 3 }, () => [Uint8Array, 32, 32]),
    );
  });

  it("hands out copies of the public key", () => {
    const holder = localKeyHolder(primitives, alice);
    const text = holder.publicKeyText;
    holder.publicKey.fill(0);
    expect(holder.publicKeyText).toBe(text);
    expect(hex(holder.publicKey)).toBe("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a");
  });

  it("KT-022, NO-008: a new one is the 32 bytes of the source of randomness, unclamped", () => {
    const given = Uint8Array.from({ length: 32 }, (_, index) => 255 - index);
    let buffer: Uint8Array | undefined;
    const holder = generateKeyPair(primitives, (bytes) => {
      bytes.set(given);
      buffer = bytes;
    });
    expect(holder.exportSecretKey()).toEqual(given);
    expect(buffer).toEqual(new Uint8Array(32));
    const [one, other] = [generateKeyPair(primitives), generateKeyPair(primitives)];
    expect(one.publicKeyText).not.toBe(other.publicKeyText);
  });

  it("KT-023: printed in any way it shows the public key only", () => {
    const holder = localKeyHolder(primitives, alice);
    const text = holder.secretKeyText().slice(19);
    const clone: unknown = structuredClone(holder);
    const printed = [
      String(holder),
      JSON.stringify({ holder }),
      inspect(holder),
      inspect(
        { deep: [holder] },
        { showHidden: true, depth: Number.POSITIVE_INFINITY, getters: true, showProxy: true },
      ),
      // As a console prints it that knows nothing of Node's custom inspection, such as a browser's.
      inspect(holder, {
        customInspect: false,
        showHidden: true,
        depth: Number.POSITIVE_INFINITY,
        getters: true,
      }),
      inspect(clone, { customInspect: false, showHidden: true, depth: Number.POSITIVE_INFINITY }),
      JSON.stringify(Object.entries(Object.getOwnPropertyDescriptors(holder))),
    ].join("\n");
    expect(printed).toContain("hawser1s5s0qzvfxzn4gayt0hwtg0hhtgxm7wsdycup4a8t5j5ca25mfe4q7ygag2");
    expect(shows(printed, text)).toBe(false);
    expect(shows(printed.replace(/[^0-9]+/g, " "), [...alice].join(" "), 12)).toBe(false);
    // The search does find it where it is.
    expect(shows(inspect(alice).replace(/[^0-9]+/g, " "), [...alice].join(" "), 12)).toBe(true);
  });

  it("is printed by its name and its public key, as JSON by the key alone", () => {
    const holder = localKeyHolder(primitives, alice);
    const publicKey = "hawser1s5s0qzvfxzn4gayt0hwtg0hhtgxm7wsdycup4a8t5j5ca25mfe4q7ygag2";
    expect(String(holder)).toBe(`LocalKeyHolder(${publicKey})`);
    expect(inspect(holder)).toBe(`LocalKeyHolder(${publicKey})`);
    expect(JSON.stringify({ holder })).toBe(`{"holder":{"publicKey":"${publicKey}"}}`);
    holder.wipe();
    expect(String(holder)).toBe(`LocalKeyHolder(${publicKey}, wiped)`);
  });

  it("KT-024: wiped, it is an error to use", () => {
    const holder = localKeyHolder(primitives, alice);
    expect(holder.wiped).toBe(false);
    holder.wipe();
    holder.wipe();
    expect(holder.wiped).toBe(true);
    for (const use of [
      () => holder.dh(bobPublic),
      () => holder.exportSecretKey(),
      () => holder.secretKeyText(),
    ]) {
      expect(refusal(use).code).toBe("ERR_HAWSER_KEY_WIPED");
    }
    expect(String(holder)).toMatch(/^LocalKeyHolder\(hawser1.*, wiped\)$/);
  });

  it("KT-024: wiping overwrites the bytes it holds", () => {
    const wiped: Uint8Array[] = [];
    const holder = localKeyHolder(
      { ...spied(), wipe: (bytes) => wiped.push(bytes) && primitives.wipe(bytes) },
      alice,
    );
    holder.wipe();
    expect(wiped).toEqual([new Uint8Array(32)]);
  });
});

/** The primitives a holder needs, so that one of them can be watched. */
function spied() {
  return Object.assign(Object.create(primitives), {
    x25519PublicKey: primitives.x25519PublicKey.bind(primitives),
  }) as typeof primitives;
}
