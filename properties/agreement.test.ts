/**
 * Why: a channel is worth what both ends agree on. Whatever keys, contexts and options two honest ends have, both
 * open on the same transcript, and each knows of the other what the other knows of itself.
 */
import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { loadPrimitives, type Primitives } from "../src/crypto/index.ts";
import { type Channel, type Output, UsageError } from "../src/protocol/index.ts";
import { contexts, keyNames, paddings, recordSizes } from "./arbitraries/options.ts";
import { Actor, converse, merged, type Sides } from "./model/actor.ts";
import { delivered, joined, openPair, testClient, testKey, testServer } from "./model/pair.ts";
import { scenarios, transcript } from "./model/scenarios.ts";
import { runs } from "./seed.ts";

const message = fc.uint8Array({ maxLength: 300 });
const sideOptions = fc.record({ padding: paddings, recordSize: recordSizes });

/** Keys in use as one sees them that the channel reports. */
function identities({ client, server }: Sides) {
  return { client: server.channel.remotePublicKey, server: client.channel.remotePublicKey };
}

describe("two honest ends", () => {
  test.prop(
    [
      fc.uniqueArray(keyNames, { minLength: 3, maxLength: 3 }),
      contexts,
      sideOptions,
      sideOptions,
      message,
      message,
      fc.boolean(),
    ],
    { numRuns: runs(150) },
  )(
    "SC-009 HS-108 HS-111: agree on keys, context, identities, binding and exports, whatever their options",
    (names, context, clientOptions, serverOptions, there, back, firstUse) => {
      const [clientKey, serverKey, spare] = names.map((name) => testKey(name));
      if (clientKey === undefined || serverKey === undefined || spare === undefined) return;
      // What is shared can only be asked for while the connection stands.
      const exported: Uint8Array[] = [];
      const noted = (channel: Channel): Output[] => {
        exported.push(channel.exportKeyingMaterial("label", 64, there));
        return [];
      };
      const client = new Actor(
        testClient({
          ...clientOptions,
          seed: `client ${names[0]}`,
          keyHolder: clientKey,
          context,
          ...(firstUse ? { firstUse } : { serverKey: serverKey.publicKey }),
        }),
        { open: (channel) => [...noted(channel), ...channel.write(there), ...channel.close()] },
      );
      const server = new Actor(
        testServer({
          ...serverOptions,
          seed: `server ${names[1]}`,
          keyHolders: firstUse ? [serverKey] : [spare, serverKey],
          contexts: [context],
        }),
        {
          open: (channel) => [...noted(channel), ...channel.write(back)],
          end: (channel) => channel.close(),
        },
      );
      const sides = { client: client.do(client.channel.start()), server };
      converse(sides);
      const peerKeys = server.outputs.flatMap((output) =>
        output.type === "peerKey" ? [output.publicKey, output.context] : [],
      );
      expect([client.channel.state, server.channel.state]).toEqual(["Closed", "Closed"]);
      expect(client.channel.channelBinding).toHaveLength(64);
      expect(client.channel.channelBinding).toEqual(server.channel.channelBinding);
      expect(identities(sides)).toEqual({ client: clientKey.publicKey, server: serverKey.publicKey });
      expect(peerKeys).toEqual([clientKey.publicKey, context === "" ? undefined : context]);
      expect(server.channel.context).toBe(context === "" ? undefined : context);
      expect(exported).toHaveLength(2);
      expect(exported[0]).toEqual(exported[1]);
      expect(delivered(server)).toEqual(there);
      expect(delivered(client)).toEqual(back);
    },
  );

  test.prop([keyNames, keyNames])(
    "HS-004: connections between the same two ends have nothing in common but the header",
    (one, other) => {
      fc.pre(one !== other);
      const [a, b] = [one, other].map((seed) => {
        const pair = openPair(testClient({ seed: `c ${seed}` }), testServer({ seed: `s ${seed}` }));
        const sent = pair.client.outputs.concat(pair.server.outputs);
        return {
          binding: pair.client.channel.channelBinding,
          exported: pair.client.channel.exportKeyingMaterial("label", 32),
          sent: sent.flatMap((output) => (output.type === "transmit" ? [output.bytes] : [])),
        };
      });
      expect(a?.binding).not.toEqual(b?.binding);
      expect(a?.exported).not.toEqual(b?.exported);
      const [first = [], second = []] = [a?.sent, b?.sent];
      expect(first.map(({ length }) => length)).toEqual(second.map(({ length }) => length));
      const header = Buffer.from("HWSR\x01\x01\0\0");
      // Eight bytes each, but for those that begin in the header, which both have.
      const windows = (messages: readonly Uint8Array[]) =>
        messages.flatMap((bytes) => {
          const from = header.compare(bytes.subarray(0, 8)) === 0 ? 8 : 0;
          return Array.from({ length: bytes.length - 7 - from }, (_, i) =>
            Buffer.from(bytes.subarray(from + i, from + i + 8)).toString("hex"),
          );
        });
      const seen = new Set(windows(first));
      expect(windows(second).filter((window) => seen.has(window))).toEqual([]);
      expect(seen.size).toBeGreaterThan(400);
    },
  );

  it("HS-004: one end's new ephemeral key is enough for other keys", () => {
    const binding = (client: string, server: string) =>
      Buffer.from(
        openPair(testClient({ seed: client }), testServer({ seed: server })).client.channel.channelBinding ??
          [],
      ).toString("hex");
    const bindings = new Set([binding("a", "a"), binding("a", "b"), binding("b", "a"), binding("b", "b")]);
    expect(bindings.size).toBe(4);
  });
});

describe("the exporter", () => {
  const pair = openPair();
  const label = fc.string({ minLength: 1, maxLength: 40 });
  const context = fc.uint8Array({ maxLength: 40 });
  const both = (name: string, length: number, bytes?: Uint8Array) => {
    const [a, b] = [pair.client, pair.server].map(({ channel }) =>
      channel.exportKeyingMaterial(name, length, bytes),
    );
    expect(a).toEqual(b);
    return a ?? new Uint8Array(0);
  };

  test.prop([label, label, context, context])(
    "HS-108: differs by label and context, and gives both ends the same",
    (labelA, labelB, contextA, contextB) => {
      const same = labelA === labelB && joined([contextA]).toString() === contextB.toString();
      expect(both(labelA, 32, contextA).toString() === both(labelB, 32, contextB).toString()).toBe(same);
    },
  );

  test.prop([label, fc.uint8Array({ minLength: 1, maxLength: 40 })])(
    "HS-108: knows where a label ends and its context begins",
    (name, bytes) => {
      const ascii = bytes.map((byte) => 0x20 + (byte % 0x5f));
      const longer = name + String.fromCharCode(...ascii);
      expect(both(longer, 64)).not.toEqual(both(name, 64, ascii));
      expect(both(name, 64, ascii)).not.toEqual(both(name, 64, ascii.slice(1)));
    },
  );

  it("HS-108: knows it even where a context's length could be taken for the end of a label", () => {
    const inner = new Uint8Array(0x211f).fill(7);
    const outer = joined([Uint8Array.of(0x21, 0x1f), inner]);
    expect(outer).toHaveLength(0x2121);
    // Without the label's own length both would be the same bytes: "x", "!!", 0x21, 0x1f, and so on.
    expect(both("x", 64, outer)).not.toEqual(both("x!!", 64, inner));
  });

  test.prop([label, context, fc.integer({ min: 1, max: 64 })])(
    "HS-109: gives the first bytes of the same 64, 1 to 64 of them",
    (name, bytes, length) => {
      expect(both(name, length, bytes)).toEqual(both(name, 64, bytes).slice(0, length));
    },
  );

  it("HS-109: refuses lengths from outside, and labels that are none", () => {
    for (const length of [0, 65, -1, 1.5, Number.NaN]) {
      expect(() => pair.client.channel.exportKeyingMaterial("label", length)).toThrow(UsageError);
    }
    for (const name of ["", "\n", "schlüssel", "x".repeat(65_536)]) {
      expect(() => pair.client.channel.exportKeyingMaterial(name, 32)).toThrow(UsageError);
    }
    expect(() => pair.client.channel.exportKeyingMaterial("label", 32, new Uint8Array(65_536))).toThrow(
      UsageError,
    );
  });

  it("HS-110: exports nothing and binds to nothing before Open", () => {
    for (const scenario of scenarios) {
      const sides = scenario.start();
      const check = (_from: unknown, bytes: Uint8Array) => {
        for (const actor of [sides.client, sides.server]) {
          if (actor.has("open")) continue;
          expect(actor.channel.channelBinding).toBeUndefined();
          expect(() => actor.channel.exportKeyingMaterial("label", 32)).toThrow(UsageError);
        }
        return bytes;
      };
      check("client", new Uint8Array(0));
      converse(sides, check);
      check("client", new Uint8Array(0));
    }
  });
});

describe("both providers", async () => {
  const providers: Record<string, Primitives> = {
    native: await loadPrimitives({ provider: "native" }),
    wasm: await loadPrimitives({ provider: "wasm" }),
  };
  const combinations = Object.keys(providers).flatMap((client) =>
    Object.keys(providers).map((server) => [client, server] as const),
  );

  it.each(combinations)("HS-003: %s with %s speak the very same bytes", (clientProvider, serverProvider) => {
    for (const scenario of scenarios) {
      const overrides = {
        client: { primitives: providers[clientProvider] as Primitives },
        server: { primitives: providers[serverProvider] as Primitives },
      };
      const sides = scenario.start(overrides);
      converse(sides);
      const usual = transcript(scenario);
      expect(joined(sides.client.wire), scenario.name).toEqual(usual.client);
      expect(joined(sides.server.wire), scenario.name).toEqual(usual.server);
      expect(merged(sides.client.outputs).length).toBeGreaterThan(0);
    }
  });

  it.each(combinations)("RC-005: %s with %s rekey alike, with large records and padding", (a, b) => {
    const firstNonces = { client: 65_533n, server: 131_070n };
    const talk = (clientProvider: Primitives | undefined, serverProvider: Primitives | undefined) => {
      const common = { firstNonces, padding: "padme" as const, recordSize: 1_000 };
      const pair = openPair(
        testClient({ ...common, ...(clientProvider && { primitives: clientProvider }) }),
        testServer({ ...common, ...(serverProvider && { primitives: serverProvider }) }),
      );
      const there = pair.client.channel.write(new Uint8Array(7_777).fill(7));
      const back = pair.server.channel.write(new Uint8Array(9_999).fill(9));
      const bytes = [there, back].map((outputs) =>
        joined(outputs.flatMap((output) => (output.type === "transmit" ? [output.bytes] : []))),
      );
      const got = [
        ...pair.server.channel.receive(bytes[0] ?? new Uint8Array(0)),
        ...pair.client.channel.receive(bytes[1] ?? new Uint8Array(0)),
      ];
      return { bytes, got: merged(got) };
    };
    const result = talk(providers[a], providers[b]);
    expect(result).toEqual(talk(undefined, undefined));
    expect(result.got).toEqual([
      { type: "data", bytes: joined([new Uint8Array(7_777).fill(7), new Uint8Array(9_999).fill(9)]) },
    ]);
  });
});
