/** The vectors of the RFCs that define the primitives, for each provider. */
import { describe, expect, it } from "vitest";
import { loadPrimitives } from "./index.ts";

function bytes(hex: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(hex.replaceAll(/\s/g, ""), "hex"));
}

function hex(value: Uint8Array | undefined): string | undefined {
  return value && Buffer.from(value).toString("hex");
}

const SUNSCREEN = {
  key: "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f",
  nonce: "070000004041424344454647",
  associatedData: "50515253c0c1c2c3c4c5c6c7",
  plaintext:
    "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, " +
    "sunscreen would be it.",
  ciphertext: `
    d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b
    1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc
    3ff4def08e4b7a9de576d26586cec64b6116`,
  tag: "1ae10b594f09e26a7e902ecbd0600691",
};

const INTERNET_DRAFTS = {
  key: "1c9240a5eb55d38af333888604f6b5f0473917c1402b80099dca5cbc207075c0",
  nonce: "000000000102030405060708",
  associatedData: "f33388860000000000004e91",
  plaintext:
    "Internet-Drafts are draft documents valid for a maximum of six months and may be updated, replaced, or " +
    "obsoleted by other documents at any time. It is inappropriate to use Internet-Drafts as reference " +
    "material or to cite them other than as /“work in progress./”",
  ciphertext: `
    64a0861575861af460f062c79be643bd5e805cfd345cf389f108670ac76c8cb24c6cfc18755d43eea09ee94e382d26b0
    bdb7b73c321b0100d4f03b7f355894cf332f830e710b97ce98c8a84abd0b948114ad176e008d33bd60f982b1ff37c855
    9797a06ef4f0ef61c186324e2b3506383606907b6a7c02b0f9f6157b53c867e4b9166c767b804d46a59b5216cde7a4e9
    9040c5a40433225ee282a1b0a06c523eaf4534d7f83fa1155b0047718cbc546a0d072b04b3564eea1b422273f548271a
    0bb2316053fa76991955ebd63159434ecebb4e466dae5a1073a6727627097a1049e617d91d361094fa68f0ff77987130
    305beaba2eda04df997b714d6c6f2c29a6ad5cb4022b02709b`,
  tag: "eead9d67890cbb22392336fea1851f38",
};

describe.each(["native", "wasm"] as const)("provider %s", async (provider) => {
  const primitives = await loadPrimitives({ provider });

  it.each([
    {
      scalar: "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
      u: "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
      output: "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552",
    },
    {
      scalar: "4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
      u: "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
      output: "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957",
    },
  ])("RFC 7748 §5.2: X25519 of $scalar", ({ scalar, u, output }) => {
    expect(hex(primitives.x25519(bytes(scalar), bytes(u)))).toBe(output);
  });

  it("RFC 7748 §5.2: X25519 iterated 1 and 1,000 times", () => {
    const nine = Uint8Array.of(9, ...new Uint8Array(31));
    let [k, u]: [Uint8Array, Uint8Array] = [nine, nine];
    const after: (string | undefined)[] = [];
    for (let i = 0; i < 1000; i++) {
      const output = primitives.x25519(k, u);
      if (output === undefined) throw new Error(`all zeros after ${i} iterations`);
      [k, u] = [output, k];
      after.push(hex(k));
    }
    expect(after[0]).toBe("422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079");
    expect(after[999]).toBe("684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51");
  });

  it("RFC 7748 §6.1: Alice's and Bob's public keys and their shared secret", () => {
    const alice = bytes("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a");
    const bob = bytes("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb");
    const alicePublic = primitives.x25519PublicKey(alice);
    const bobPublic = primitives.x25519PublicKey(bob);
    expect(hex(alicePublic)).toBe("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a");
    expect(hex(bobPublic)).toBe("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");
    const shared = "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742";
    expect(hex(primitives.x25519(alice, bobPublic))).toBe(shared);
    expect(hex(primitives.x25519(bob, alicePublic))).toBe(shared);
  });

  it.each([
    ["§2.8.2", SUNSCREEN],
    ["A.5", INTERNET_DRAFTS],
  ])("RFC 8439 %s: ChaCha20-Poly1305 seals and opens", (_, vector) => {
    const [key, nonce, associatedData] = [
      bytes(vector.key),
      bytes(vector.nonce),
      bytes(vector.associatedData),
    ];
    const plaintext = new TextEncoder().encode(vector.plaintext);
    const expected = bytes(vector.ciphertext + vector.tag);
    const sealed = new Uint8Array(plaintext.length + 16);
    primitives.seal(key, nonce, associatedData, plaintext, sealed);
    expect(hex(sealed)).toBe(hex(expected));
    const opened = new Uint8Array(plaintext.length);
    expect(primitives.open(key, nonce, associatedData, expected, opened)).toBe(true);
    expect(new TextDecoder().decode(opened)).toBe(vector.plaintext);
  });

  it.each([
    [
      "abc",
      `ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1
       7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923`,
    ],
    [
      "",
      `786a02f742015903c6c6fd852552d272912f4740e15847618a86e217f71f5419
       d25e1031afee585313896444934eb04b903a685b1448b755d56f701afe9be2ce`,
    ],
  ])("RFC 7693 appendix A: BLAKE2b-512 of %j", (input, digest) => {
    expect(hex(primitives.blake2b(new TextEncoder().encode(input)))).toBe(hex(bytes(digest)));
  });
});
