/** Why: whoever is told that a session is refused has to learn which of its fields it was; and what is not refused works. */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { openPair, primitives, seededBytes, testClient, testServer } from "../../../properties/model/pair.ts";
import { UsageError } from "../usage-error.ts";
import { decodeSession, encodeSession, maxBlobLength, whoseSession } from "./blob.ts";
import { SessionBlobError } from "./blob-error.ts";
import { exportSession } from "./export.ts";
import { importSession } from "./import.ts";
import { SeenBlobs } from "./seen.ts";

const usual = exportSession(openPair().server.channel);
const decode = (blob: Uint8Array) => decodeSession(primitives, blob);
const options = { primitives, randomBytes: seededBytes("importer"), now: () => 0 };

function altered(at: number, ...bytes: readonly number[]): Uint8Array {
  const copy = usual.slice();
  copy.set(bytes, at);
  copy.set(createHash("blake2b512").update(copy.subarray(0, -32)).digest().subarray(0, 32), copy.length - 32);
  return copy;
}

describe("a blob that is refused", () => {
  it.each<[string, number, readonly number[]]>([
    ["the role", 34, [2]],
    ["the state", 35, [3]],
    ["a flag", 36, [32]],
    ["a Ping that can't be answered", 36, [31]],
    ["a Pong that is owed and was handed over", 36, [1]],
    ["a Ping without its bytes", 36, [4]],
    ["an end of file before the peer's Close", 36, [8]],
    ["the context", 101, [0x20]],
    ["a Ping that is not outstanding", 197, [1]],
    ["the length of a part", 212, [1]],
  ])("TR-018 TR-019 TR-020 TR-021 TR-025 TR-027 TR-028: says that %s makes no sense", (what, at, bytes) => {
    // Where the flags say that the peer has closed, the state says so too.
    const blob = bytes[0] === 31 ? altered(35, 2, 31) : altered(at, ...bytes);
    expect(() => decode(blob)).toThrow(
      expect.objectContaining({
        name: "SessionBlobError",
        code: "ERR_HAWSER_SESSION_BLOB",
        fault: "field",
        message: `The session can't be imported: ${what} makes no sense.`,
      }),
    );
  });

  it("is of a type of its own", () => {
    expect(String(new SessionBlobError("size"))).toBe(
      "SessionBlobError: The session can't be imported: it is no blob, or was cut.",
    );
  });
});

describe("a session", () => {
  it("TR-015: has 16 MiB at the most, and that is one", () => {
    const saved = decode(usual);
    const unread = new Uint8Array(maxBlobLength - usual.length);
    const blob = encodeSession(primitives, { ...saved, unread });
    expect(blob.length).toBe(maxBlobLength);
    expect(decode(blob).unread.length).toBe(unread.length);
    const larger = { ...saved, unread: new Uint8Array(unread.length + 1) };
    expect(() => encodeSession(primitives, larger)).toThrow(UsageError);
  });

  it("TR-027: has no bytes after its end of file", () => {
    const { live, ...rest } = decode(usual);
    const ended = { ...live, state: "HalfClosedRemote", inputEnded: true } as const;
    expect(decode(encodeSession(primitives, { ...rest, live: ended })).live.inputEnded).toBe(true);
    const more = { ...rest, live: { ...ended, unopened: Uint8Array.of(1) } };
    expect(() => encodeSession(primitives, more)).toThrow(UsageError);
  });

  it.each(["server", "client"] as const)(
    "TR-006: knows keys and context where it goes on, as a %s",
    (role) => {
      const pair = openPair(testClient({ context: "backup" }), testServer({ contexts: ["backup"] }));
      const { channel } = pair[role];
      const { remotePublicKey, localPublicKey } = channel;
      const imported = importSession(exportSession(channel), options, new SeenBlobs()).channel;
      expect(imported.context).toBe(role === "server" ? "backup" : undefined);
      expect([imported.remotePublicKey, imported.localPublicKey]).toEqual([remotePublicKey, localPublicKey]);
    },
  );
});

describe("whose session a blob is", () => {
  it.each([
    ["role", 34],
    ["own public key", 37],
    ["peer's public key", 69],
    ["context", 101],
    ["channel binding", 133],
    ["channel binding's end", 196],
  ])("TR-061: is told by its %s", (_, at) => {
    const other = usual.slice();
    other[at] = (other[at] as number) ^ 1;
    expect(whoseSession(other)).not.toEqual(whoseSession(usual));
  });

  it("TR-061: is 161 bytes, which stay when the blob is wiped, and nothing that changes or is secret", () => {
    const blob = usual.slice();
    const whose = whoseSession(blob);
    expect([whose.length, ...whose.subarray(0, 2)]).toEqual([161, usual[34], usual[37]]);
    for (const at of [33, 35, 36, 197, usual.length - 1]) blob[at] = (blob[at] as number) ^ 1;
    expect(whoseSession(blob)).toEqual(whose);
    blob.fill(0);
    expect(whose).toEqual(whoseSession(usual));
  });
});
