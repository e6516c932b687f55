/**
 * Why: a session that has moved must not have left its keys behind, neither in the channel it came from, nor in the blob,
 * nor in what the import made on its way: whoever reads that process's memory later would read the connection.
 */
import { beforeAll, describe, expect, it } from "vitest";
import { loadPrimitives, type Primitives } from "../src/crypto/index.ts";
import {
  exportSession,
  Giver,
  importSession,
  type Role,
  SessionBlobError,
  Taker,
} from "../src/protocol/index.ts";
import { holdSession } from "../src/protocol/transfer/import.ts";
import { SeenBlobs } from "../src/protocol/transfer/seen.ts";
import { openPair, seededBytes, testClient, testServer } from "./model/pair.ts";
import { noting, remaining, type Secret } from "./model/secrets.ts";

const providers: Record<string, Primitives> = {};

beforeAll(async () => {
  providers["wasm"] = await loadPrimitives({ provider: "wasm" });
  providers["native"] = await loadPrimitives({ provider: "native" });
});

/** Both ends open, having said something under each key, and all secrets of one of them. */
function open(role: Role, primitives: Primitives) {
  const noted = noting(primitives);
  const options = { primitives: noted.primitives };
  const pair =
    role === "client" ? openPair(testClient(options)) : openPair(testClient(), testServer(options));
  const { client, server } = pair;
  for (const [from, to] of [
    [client, server],
    [server, client],
  ] as const) {
    for (const output of from.channel.write(Uint8Array.of(1)))
      if (output.type === "transmit") to.channel.receive(output.bytes);
  }
  return { channel: pair[role].channel, secrets: noted.secrets };
}

/** Every array that is made while `call` runs and holds any of these, in whole. */
function copiesMade(values: readonly Uint8Array[], call: () => unknown): Uint8Array[] {
  const { set, slice } = Uint8Array.prototype;
  const made = new Set<Uint8Array>();
  Uint8Array.prototype.set = function (this: Uint8Array, source: ArrayLike<number>, offset?: number): void {
    set.call(this, source, offset);
    made.add(this);
  };
  Uint8Array.prototype.slice = function (this: Uint8Array, ...range: [number?, number?]) {
    const copy = slice.apply(this, range);
    made.add(copy);
    return copy;
  };
  try {
    call();
  } finally {
    Object.assign(Uint8Array.prototype, { set, slice });
  }
  const holds = (bytes: Uint8Array, value: Uint8Array) => Buffer.from(bytes).includes(Buffer.from(value));
  return [...made].filter((bytes) => values.some((value) => holds(bytes, value)));
}

const keysOf = (secrets: readonly Secret[]) => remaining(secrets).map(({ value }) => value);

describe.each(["wasm", "native"])("with %s", (provider) => {
  const primitives = () => providers[provider] as Primitives;
  const importing = () => ({
    primitives: primitives(),
    randomBytes: seededBytes("importer"),
    now: () => 0,
  });

  it.each(["client", "server"] as const)("TR-012: a %s that was left holds no secret any more", (role) => {
    const { channel, secrets } = open(role, primitives());
    // Two keys in use and the exporter's secret.
    expect(keysOf(secrets)).toHaveLength(3);
    const keys = keysOf(secrets);
    let blob = new Uint8Array(0);
    const copies = copiesMade(keys, () => {
      blob = exportSession(channel) as Uint8Array<ArrayBuffer>;
    });
    const noted = new Set(secrets.map(({ value }) => value));
    expect(copies.filter((copy) => copy.buffer !== blob.buffer && !noted.has(copy))).toEqual([]);
    for (const value of keys) expect(Buffer.from(blob).includes(Buffer.from(value))).toBe(true);
    expect(remaining(secrets).filter(({ bytes }) => bytes.buffer !== blob.buffer)).toEqual([]);
    importSession(blob, importing());
    expect(remaining(secrets)).toEqual([]);
  });

  it("TR-013: an import leaves copies with its channel alone, and none when that is over", () => {
    const { channel, secrets } = open("server", primitives());
    const keys = keysOf(secrets);
    const blob = exportSession(channel);
    let imported: ReturnType<typeof importSession>["channel"] | undefined;
    const copies = copiesMade(keys, () => {
      imported = importSession(blob, importing()).channel;
    });
    expect(copies).toHaveLength(3);
    imported?.alert("cancelled");
    for (const copy of copies) expect(copy.every((byte) => byte === 0)).toBe(true);
    expect(remaining(secrets)).toEqual([]);
  });

  it("TR-013: a session that is refused, dropped, or held and not given, leaves none", () => {
    const { channel, secrets } = open("server", primitives());
    const keys = keysOf(secrets);
    const blob = exportSession(channel);
    const seen = new SeenBlobs();
    const again = blob.slice();
    const last = blob.slice();
    expect(copiesMade(keys, () => holdSession(blob, importing(), seen).drop())).toEqual([]);
    const twice = () => expect(() => holdSession(again, importing(), seen)).toThrow(SessionBlobError);
    expect(copiesMade(keys, twice)).toEqual([]);
    const taker = new Taker(importing(), new SeenBlobs());
    const abandoned = () => {
      taker.offered(last);
      taker.giverGone();
    };
    expect(copiesMade(keys, abandoned)).toEqual([]);
    expect(remaining(secrets)).toEqual([]);
  });

  it("TR-045: a giver has none once it has said Go", () => {
    const { channel, secrets } = open("client", primitives());
    const giver = new Giver(primitives(), exportSession(channel));
    giver.offer();
    expect(remaining(secrets)).not.toEqual([]);
    giver.receive("Ack");
    expect(remaining(secrets)).toEqual([]);
  });

  it("finds what is not wiped", () => {
    const { channel, secrets } = open("server", {
      ...noting(primitives()).primitives,
      wipe: () => undefined,
    });
    const keys = keysOf(secrets);
    const copies = copiesMade(keys, () => exportSession(channel));
    expect(copies.length).toBeGreaterThan(3);
  });
});
