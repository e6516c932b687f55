import { describe, expect, it } from "vitest";
import {
  clientKey,
  exchange,
  newPair,
  serverKey,
  testClient,
  testKey,
  testServer,
} from "../../../properties/model/pair.ts";
import type { ClientOptions, ServerOptions } from "../index.ts";
import { UsageError } from "../usage-error.ts";

/** Values that a program without types may pass. */
const untyped = (value: unknown) => value as never;

describe("options that make no sense", () => {
  it.each<[string, Partial<ClientOptions>]>([
    ["a record size of 0", { recordSize: 0 }],
    ["a record size past the largest body", { recordSize: 65_517 }],
    ["half a byte", { recordSize: 1.5 }],
    ["a negative deadline (LM-002)", { handshakeTimeout: -1 }],
    ["a deadline that is no number (LM-002)", { handshakeTimeout: Number.NaN }],
    ["a deadline in words", { handshakeTimeout: untyped("10s") }],
    ["a negative drain", { drain: { bytes: -1 } }],
    ["a drain deadline that is no number", { drain: { timeout: Number.NaN } }],
    ["a liveness that could never be answered", { liveness: { pingAfter: 5, timeout: 5 } }],
    ["a liveness without numbers", { liveness: untyped({}) }],
    ["a liveness that pings all the time (LM-007)", { liveness: { pingAfter: 0, timeout: 5 } }],
    ["a server key that is empty text", { serverKey: untyped("") }],
    ["a server key that is null", { serverKey: untyped(null) }],
    ["a context that is no text", { context: untyped(["ab"]) }],
    ["no key holder", { keyHolder: untyped(undefined) }],
    ["no primitives", { primitives: untyped(undefined) }],
    ["random bytes that are no function", { randomBytes: untyped("x") }],
    ["a clock that is no function", { now: untyped(0) }],
    ["padding to a block of 0", { padding: { block: 0 } }],
    ["padding by an unknown word", { padding: untyped("lots") }],
    ["a server key of 31 bytes", { serverKey: new Uint8Array(31) }],
    ["a server key as text", { serverKey: untyped("hawser1…") }],
    ["a via key of 33 bytes", { via: new Uint8Array(33) }],
    ["a low-order server key (HS-019)", { serverKey: new Uint8Array(32) }],
    ["a low-order via key (HS-019)", { via: Uint8Array.of(1, ...new Uint8Array(31)) }],
    ["a context with a space (HS-023)", { context: "a b" }],
    ["a key holder without a key", { keyHolder: { publicKey: new Uint8Array(0), dh: clientKey.dh } }],
  ])("a client refuses %s", (_, options) => {
    expect(() => testClient(options)).toThrow(UsageError);
  });

  it("HS-018: a client refuses a via key without the server's", () => {
    expect(() => testClient({ firstUse: true, via: serverKey.publicKey })).toThrow(/needs the server's key/);
  });

  it.each<[string, Partial<ServerOptions>]>([
    ["no key (HS-020)", { keyHolders: [] }],
    ["five keys (HS-020)", { keyHolders: ["1", "2", "3", "4", "5"].map(testKey) }],
    ["a key twice (HS-127)", { keyHolders: [serverKey, testKey("other"), serverKey] }],
    ["a context that is none (HS-023)", { contexts: ["door", "é"] }],
    ["no context at all (HS-127)", { contexts: [] }],
    ["contexts that are no list", { contexts: untyped("door") }],
    ["stealth that is neither true nor false", { stealth: untyped(1) }],
    ["no key holders", { keyHolders: untyped(undefined) }],
    ["a key holder that is none", { keyHolders: untyped([null]) }],
    ["a record size of 0", { recordSize: 0 }],
  ])("a server refuses %s", (_, options) => {
    expect(() => testServer(options)).toThrow(UsageError);
  });

  it("a deadline of Infinity is none", () => {
    const client = testClient({ handshakeTimeout: Number.POSITIVE_INFINITY });
    client.start();
    expect(client.deadline).toBeUndefined();
  });
});

describe("options", () => {
  it.each<[string, () => unknown, string]>([
    ["a server key", () => testClient({ serverKey: untyped("x") }), "serverKey is"],
    ["a via key", () => testClient({ via: untyped("x") }), "via is"],
    ["a key holder", () => testClient({ keyHolder: untyped({}) }), "keyHolder is a key holder"],
    [
      "a key holder's key",
      () => testClient({ keyHolder: { ...clientKey, publicKey: untyped("x") } }),
      "keyHolder.publicKey is",
    ],
    [
      "a server's second key holder",
      () => testServer({ keyHolders: [serverKey, untyped({})] }),
      "keyHolders[1] is a key holder",
    ],
    ["stealth", () => testServer({ stealth: untyped(1) }), "stealth is true or false"],
    ["routes", () => testServer({ routes: untyped(1) }), "routes is true or false"],
    ["application", () => testServer({ application: untyped(1) }), "application is true or false"],
  ])("that make no sense are named: %s", (_, make, words) => {
    expect(make).toThrow(words);
  });

  it("that are known are all taken", () => {
    const memory = {
      forRecords: (length: number) => new Uint8Array(length),
      forData: (length: number) => new Uint8Array(length),
    };
    const common = {
      handshakeTimeout: 1,
      drain: { timeout: 1, bytes: 1 },
      liveness: { pingAfter: 1, timeout: 2 },
      padding: "none",
      recordSize: 1,
      memory,
    } as const;
    const via = testKey("via").publicKey;
    expect(testClient({ ...common, via, context: "c" }).state).toBe("Start");
    const own = { contexts: ["c"], stealth: false, routes: true, application: true };
    expect(testServer({ ...common, ...own }).state).toBe("AwaitHello");
  });

  it("a via key that is the server's is none", () => {
    const { publicKey } = testKey("other");
    const client = testClient({ serverKey: publicKey, via: publicKey.slice() });
    exchange(newPair(client));
    expect(client.failure?.reason).toMatchObject({ code: "server_key_mismatch" });
    expect("via" in (client.failure?.reason ?? {})).toBe(false);
  });

  it("RT-011: a server serves no routes unless it says so", () => {
    const client = testClient({ serverKey: testKey("other").publicKey, via: serverKey.publicKey });
    const pair = newPair(client);
    exchange(pair);
    expect(pair.server.channel.failure?.code).toBe("hello_refused");
    expect(client.failure?.reason).toMatchObject({ code: "refused", by: "middlebox" });
  });
});

describe("calls that make no sense", () => {
  it.each([0, -1, 13, 0x7fff, 0x1_0000, 1.5, Number.NaN, untyped("nonsense")])(
    "an alert of code %s",
    (code) => {
      const client = testClient();
      expect(() => client.alert(code)).toThrow(UsageError);
      expect(client.state).toBe("Start");
    },
  );

  it("HS-048: a refusal before the Challenge with a code for later", () => {
    const server = testServer();
    expect(() => server.refuse("not_authorized")).toThrow(UsageError);
    expect(server.refuse("busy")).toEqual([]);
  });

  it("a Ping of 7 bytes, an export before Open, bytes after the end of file", () => {
    const client = testClient();
    expect(() => client.ping(new Uint8Array(7))).toThrow(UsageError);
    expect(() => client.exportKeyingMaterial("label", 32)).toThrow(UsageError);
    client.start();
    client.transportEnded();
    expect(() => client.receive(Uint8Array.of(1))).toThrow(UsageError);
  });
});
