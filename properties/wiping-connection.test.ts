/**
 * Why: forward secrecy is worth as much as the forgetting of keys. After a connection has ended, in whatever way, no
 * bytes of its keys may be left: neither in the arrays that it used, nor in WebAssembly's memory, which lives as long
 * as the process. Every secret is noted as it passes through the primitives, so that it is known what to look for.
 */
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { loadPrimitives, type Primitives } from "../src/crypto/index.ts";
import { loadRawSodium, type RawSodium } from "../src/crypto/raw-sodium.ts";
import { UsageError } from "../src/protocol/index.ts";
import { Actor, type AnyChannel, converse, type Sides } from "./model/actor.ts";
import { clientKey, joined, serverKey, testClient, testServer } from "./model/pair.ts";
import { conversation, otherKey, pattern, type Scenario, scenarios, viaKey } from "./model/scenarios.ts";
import { type HandedOut, noting, remaining, type Secret, watchKeyHolders } from "./model/secrets.ts";
import { settle } from "./model/stages.ts";

let wasm: Primitives;
let native: Primitives;
let raw: RawSodium;

beforeAll(async () => {
  wasm = await loadPrimitives({ provider: "wasm" });
  native = await loadPrimitives({ provider: "native" });
  raw = await loadRawSodium();
});

/** What the tests' long-term keys hand out, to whichever end. */
let handedOut: HandedOut;

beforeEach(() => {
  handedOut = watchKeyHolders([clientKey, serverKey, otherKey, viaKey]);
});
afterEach(() => handedOut.stop());

const page = 4_096;

/** The pages of WebAssembly's memory that are not all zeros, one after the other. */
function usedMemory(): Buffer {
  const heap = Buffer.from(raw.HEAPU8.buffer);
  const zeros = Buffer.alloc(page);
  const pages: Buffer[] = [];
  for (let at = 0; at < heap.length; at += page) {
    const part = heap.subarray(at, at + page);
    if (part.compare(zeros) !== 0) pages.push(part);
  }
  return Buffer.concat(pages);
}

/**
 * The secrets of which eight bytes lie in WebAssembly's memory, of those at 0, 8, 16 and so on: any 15 bytes of a
 * secret hold such eight.
 */
function inMemory(secrets: readonly Uint8Array[]): Uint8Array[] {
  const memory = usedMemory();
  return secrets.filter((secret) => {
    for (let at = 0; at + 8 <= secret.length; at += 8) {
      const piece = Buffer.from(secret.subarray(at, at + 8));
      if (piece.some((byte) => byte !== 0) && memory.includes(piece)) return true;
    }
    return false;
  });
}

/** The secret part of what was noted: inputs of HMAC are keys padded with a constant, and the search is for keys. */
function searched(secrets: readonly Secret[]): Uint8Array[] {
  const seen = new Map<string, Uint8Array>();
  for (const { value } of secrets) {
    if (value.length === 32 || value.length === 64) seen.set(value.toString(), value);
  }
  return [...seen.values()];
}

interface Noted {
  readonly sides: Sides;
  readonly client: ReturnType<typeof noting>;
  readonly server: ReturnType<typeof noting>;
}

function start(scenario: Scenario, primitives: Primitives = wasm): Noted {
  const [client, server] = [noting(primitives), noting(primitives)];
  const overrides = {
    client: { primitives: client.primitives },
    server: { primitives: server.primitives },
  };
  return { sides: scenario.start(overrides), client, server };
}

/** Brings whatever is still standing to its end. */
function finish({ client, server }: Sides): void {
  converse({ client, server });
  for (const actor of [client, server] as Actor<AnyChannel>[]) {
    if (!["Closed", "Failed"].includes(actor.channel.state)) {
      actor.do(actor.channel.transportFailed(new Error("cut")));
    }
  }
}

describe("the search", () => {
  it("finds a secret that is in WebAssembly's memory, in whole or in a half", () => {
    const secret = pattern(32, 77).map((byte) => byte ^ 0x5a);
    expect(inMemory([secret])).toEqual([]);
    const address = raw._malloc(64);
    for (const piece of [secret, secret.subarray(16), secret.subarray(1, 16)]) {
      raw.HEAPU8.fill(0, address, address + 64);
      raw.HEAPU8.set(piece, address);
      expect(inMemory([secret])).toEqual([secret]);
    }
    raw.HEAPU8.fill(0, address, address + 64);
    raw._free(address);
    expect(inMemory([secret])).toEqual([]);
  });

  it("knows the secrets of a connection: ephemeral keys, DHs, chaining keys, and each key that seals or opens", () => {
    const noted = start(conversation);
    converse(noted.sides);
    for (const { secrets } of [noted.client, noted.server]) {
      const count = (what: Secret["what"]) => secrets.filter((secret) => secret.what === what).length;
      expect(count("ephemeral secret")).toBeGreaterThanOrEqual(1);
      expect(count("DH output")).toBeGreaterThanOrEqual(2);
      expect(count("digest")).toBeGreaterThan(30);
      // Challenge, its code, Response, context, Verdict, one for each direction.
      expect(count("cipher key")).toBeGreaterThanOrEqual(6);
      expect(new Set(secrets.map(({ value }) => value.toString())).size).toBeGreaterThan(40);
    }
    // Both ends come to the same transport keys: they are among what is looked for.
    const keys = [noted.client, noted.server].map(
      ({ secrets }) =>
        new Set(secrets.filter(({ what }) => what === "cipher key").map((s) => s.value.toString())),
    );
    expect([...(keys[0] ?? [])].filter((key) => keys[1]?.has(key)).length).toBeGreaterThanOrEqual(5);
  });

  it("finds a key that a connection does not wipe", () => {
    const forgetful = noting({ ...bound(wasm), wipe: () => undefined });
    const sides = conversation.start({ client: { primitives: forgetful.primitives } });
    converse(sides);
    expect(sides.client.channel.state).toBe("Closed");
    expect(new Set(remaining(forgetful.secrets).map(({ what }) => what))).toEqual(
      new Set(["ephemeral secret", "DH output", "digest", "cipher key"]),
    );
  });

  it("knows what key holders hand out, and the copy that a server makes of it", () => {
    const { client, server } = conversation.start();
    server.receive(client.flush());
    expect(handedOut.secrets.length).toBe(2);
    converse({ client, server });
    expect(handedOut.secrets.length).toBe(3);
    expect(new Set(handedOut.secrets.map(({ bytes }) => bytes)).size).toBe(3);
    expect(new Set(handedOut.secrets.map(({ value }) => value.toString())).size).toBe(2);
  });

  it("finds a key holder's output that a connection does not wipe, and its copy", () => {
    const forgetful = { ...bound(wasm), wipe: () => undefined };
    converse(conversation.start({ client: { primitives: forgetful }, server: { primitives: forgetful } }));
    expect(remaining(handedOut.secrets).length).toBe(3);
  });
});

/** A provider's operations, taken off its object. */
function bound(primitives: Primitives): Primitives {
  return noting(primitives).primitives;
}

describe.each(scenarios)("after the end: $name", (scenario) => {
  it.each(["wasm", "native"] as const)("ST-033: no array holds a secret any more (%s)", (provider) => {
    const noted = start(scenario, provider === "wasm" ? wasm : native);
    finish(noted.sides);
    expect(remaining(noted.client.secrets)).toEqual([]);
    expect(remaining(noted.server.secrets)).toEqual([]);
    expect(remaining(handedOut.secrets)).toEqual([]);
  });

  it("ST-033 SC-004: WebAssembly's memory holds none of them either", () => {
    const noted = start(scenario);
    finish(noted.sides);
    const secrets = searched([...noted.client.secrets, ...noted.server.secrets, ...handedOut.secrets]);
    expect(secrets.length).toBeGreaterThan(5);
    expect(inMemory(secrets)).toEqual([]);
  });

  it("RC-023 ST-034: nothing is computed any more, whatever comes and whatever is called", () => {
    const noted = start(scenario);
    finish(noted.sides);
    for (const role of ["client", "server"] as const) {
      const { channel } = noted.sides[role] as Actor<AnyChannel>;
      const { operations } = noted[role].counted;
      const { state } = channel;
      const outputs = [...channel.flushed(), ...channel.alert("busy"), ...channel.close(), ...channel.tick()];
      expect(outputs).toEqual([]);
      expect(() => channel.write(Uint8Array.of(1))).toThrow(UsageError);
      expect(() => channel.exportKeyingMaterial("label", 32)).toThrow(UsageError);
      expect(noted[role].counted.operations).toBe(operations);
      expect(channel.state).toBe(state);
    }
  });
});

describe("while a connection stands", () => {
  const kinds = (secrets: readonly Secret[]) =>
    remaining(secrets)
      .map(({ what }) => what)
      .sort();

  /** Both ends of a connection in which nothing ends by itself, as far as they get. */
  function standing(decides = true): Noted {
    const [client, server] = [noting(wasm), noting(wasm)];
    const sides = settle(
      new Actor(testClient({ primitives: client.primitives })),
      new Actor(testServer({ primitives: server.primitives }), decides ? {} : { peerKey: () => [] }),
    );
    return { sides, client, server };
  }

  it("HS-074 HS-080 HS-100: both ends keep two keys and the exporter's secret, and nothing of the handshake", () => {
    const noted = standing();
    const { sides } = noted;
    expect([sides.client.channel.state, sides.server.channel.state]).toEqual(["Open", "Open"]);
    for (const actor of [sides.client, sides.server] as Actor<AnyChannel>[]) {
      actor.do(actor.channel.write(pattern(50, 1)));
    }
    converse(sides);
    expect(kinds(noted.client.secrets)).toEqual(["cipher key", "cipher key", "digest"]);
    expect(kinds(noted.server.secrets)).toEqual(["cipher key", "cipher key", "digest"]);
  });

  it("HS-074: a client that awaits the Verdict has forgotten its ephemeral key", () => {
    const noted = start(conversation);
    const { client, server } = noted.sides;
    server.receive(client.flush());
    client.receive(server.flush());
    expect(client.channel.state).toBe("AwaitVerdict");
    // It has sent early data, so its own key is in use; the digest is the exporter's secret.
    expect(kinds(noted.client.secrets)).toEqual(["cipher key", "digest"]);
  });

  it("ST-033: a server whose Challenge is sent has forgotten its key holders' DH outputs", () => {
    const { client, server } = conversation.start({ server: { keyHolders: [otherKey, serverKey] } });
    server.receive(client.flush());
    expect(server.channel.state).toBe("AwaitResponse");
    // Both keys were asked, and each output was copied.
    expect(handedOut.secrets.length).toBe(4);
    expect(remaining(handedOut.secrets)).toEqual([]);
  });

  it("ST-033: a client that has sent its Response has forgotten its key holder's DH output", () => {
    const { client, server } = conversation.start();
    server.receive(client.flush());
    client.receive(server.flush());
    expect(client.channel.state).toBe("AwaitVerdict");
    expect(handedOut.secrets.length).toBe(3);
    expect(remaining(handedOut.secrets)).toEqual([]);
  });

  it("HS-080: a server that decides has forgotten its ephemeral key and the handshake's", () => {
    const noted = noting(wasm);
    const asked = new Actor(testServer({ primitives: noted.primitives }), { peerKey: () => [] });
    const server = settle(undefined, asked).server;
    expect(server.channel.state).toBe("Deciding");
    // Left are the exporter's secret, which is not handed out before Open, and keys that have sealed nothing yet.
    expect(kinds(noted.secrets)).toEqual(["digest"]);
  });

  it("SC-004: WebAssembly's memory holds none of the keys even then", () => {
    const noted = start(conversation);
    const { client, server } = noted.sides;
    server.receive(client.flush());
    client.receive(server.flush());
    server.receive(client.flush());
    const secrets = searched([...noted.client.secrets, ...noted.server.secrets]);
    expect(inMemory(secrets)).toEqual([]);
  });
});

describe("connections that end before they begin", () => {
  it("ST-033: a client that never started, or was given up while it waited, keeps nothing", () => {
    for (const given of ["at once", "after the Hello", "at the Challenge"]) {
      const noted = noting(wasm);
      const client = new Actor(testClient({ primitives: noted.primitives }), { dh: () => [] });
      if (given !== "at once") client.do(client.channel.start());
      if (given === "at the Challenge") {
        const server = new Actor(testServer());
        server.receive(client.flush());
        client.receive(server.flush());
        expect(client.channel.state).toBe("Responding");
      }
      client.do(client.channel.close());
      expect(client.channel.state).toBe("Failed");
      expect(remaining(noted.secrets), given).toEqual([]);
    }
  });

  it("ST-033 RT-003: a middlebox that has passed a connection on, or refused it, keeps nothing", () => {
    for (const decision of ["forward", "refuse"] as const) {
      const noted = noting(wasm);
      const client = new Actor(testClient({ via: viaKey.publicKey }));
      const middlebox = new Actor(
        testServer({ keyHolders: [otherKey, viaKey], routes: true, primitives: noted.primitives }),
        {
          route: (channel) => (decision === "forward" ? channel.forward() : channel.refuse("unreachable")),
        },
      );
      middlebox.receive(client.do(client.channel.start()).flush());
      expect(middlebox.channel.state).toBe(decision === "forward" ? "Forwarded" : "Draining");
      expect(noted.secrets.length).toBeGreaterThan(3);
      expect(remaining(noted.secrets), decision).toEqual([]);
      expect(remaining(handedOut.secrets), decision).toEqual([]);
    }
  });

  it("ST-033: a server that hides keeps nothing", () => {
    const noted = noting(wasm);
    const server = new Actor(testServer({ stealth: true, primitives: noted.primitives }));
    const client = new Actor(testClient({ serverKey: otherKey.publicKey }));
    server.receive(client.do(client.channel.start()).flush());
    expect(server.channel.state).toBe("Hiding");
    expect(noted.secrets.length).toBeGreaterThan(3);
    expect(remaining(noted.secrets)).toEqual([]);
    expect(handedOut.secrets.length).toBe(2);
    expect(remaining(handedOut.secrets)).toEqual([]);
  });

  it("ST-033: a server that is cut off between two key holders' answers keeps neither", () => {
    const client = new Actor(testClient());
    const server = new Actor(testServer({ keyHolders: [otherKey, serverKey] }), { dh: () => [] });
    server.receive(client.do(client.channel.start()).flush());
    const asked = server.outputs.find((output) => output.type === "dh");
    if (asked?.type !== "dh") throw new Error("the first key is asked");
    server.do(server.channel.dhDone(asked.keyHolder, otherKey.dh(asked.publicKey) as Uint8Array));
    expect(server.channel.state).toBe("OpeningRoute");
    // The one that was handed in is wiped, its copy waits for the other key's.
    expect([handedOut.secrets.length, remaining(handedOut.secrets).length]).toEqual([2, 1]);
    server.do(server.channel.transportFailed(new Error("cut")));
    expect(server.channel.state).toBe("Failed");
    expect(remaining(handedOut.secrets)).toEqual([]);
  });

  it("ST-033: whatever bit of the handshake an attacker turns, both ends forget all of it", () => {
    for (let byte = 0; byte < 88 + 96; byte += 3) {
      const noted = start(conversation);
      let passed = 0;
      converse(noted.sides, (from, bytes) => {
        if (from !== "client") return bytes;
        const at = byte - passed;
        passed += bytes.length;
        return at < 0 || at >= bytes.length ? bytes : bytes.with(at, (bytes[at] ?? 0) ^ 1);
      });
      finish(noted.sides);
      expect(remaining(noted.client.secrets), `byte ${byte}`).toEqual([]);
      expect(remaining(noted.server.secrets), `byte ${byte}`).toEqual([]);
      expect(remaining(handedOut.secrets), `byte ${byte}`).toEqual([]);
    }
  });

  it("RC-005 ST-033: keys that were replaced are gone as well", () => {
    const firstNonces = { client: 65_535n, server: 65_535n };
    const [client, server] = [noting(wasm), noting(wasm)];
    const sides = {
      client: new Actor(testClient({ firstNonces, primitives: client.primitives }), {
        open: (channel) => [
          ...channel.write(pattern(9, 1)),
          ...channel.write(pattern(9, 2)),
          ...channel.close(),
        ],
      }),
      server: new Actor(testServer({ firstNonces, primitives: server.primitives, keyHolders: [serverKey] }), {
        end: (channel) => [...channel.write(pattern(9, 3)), ...channel.close()],
      }),
    };
    sides.client.do(sides.client.channel.start());
    converse(sides);
    expect(sides.client.channel.state).toBe("Closed");
    expect([...remaining(client.secrets), ...remaining(server.secrets)]).toEqual([]);
    const keys = searched([...client.secrets, ...server.secrets]);
    expect(inMemory(keys)).toEqual([]);
    expect(joined(sides.server.wire).length).toBeGreaterThan(98);
  });
});
