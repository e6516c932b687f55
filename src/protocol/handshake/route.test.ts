import { describe, expect, it } from "vitest";
import { loadPrimitives, type Primitives } from "../../crypto/index.ts";
import { ascii, concat } from "../bytes.ts";
import { Ephemeral } from "../noise/ephemeral.ts";
import { HandshakeState } from "../noise/handshake-state.ts";
import { N } from "../noise/patterns.ts";
import { header } from "./header.ts";
import { openRoute, sealRoute } from "./route.ts";

const primitives = await loadPrimitives();
const filled = (length: number, value: number) => new Uint8Array(length).fill(value);
const viaSecret = filled(32, 1);
const via = primitives.x25519PublicKey(viaSecret);
const serverKey = primitives.x25519PublicKey(filled(32, 2));
const ephemeral = primitives.x25519PublicKey(filled(32, 3));
const e = () => new Ephemeral(primitives, filled(32, 3));

function seal(own: Primitives = primitives): Uint8Array {
  const route = sealRoute(own, header, e(), via, serverKey);
  if (route === undefined) throw new Error("an honest via key");
  return route;
}

function open(route: Uint8Array, own: Primitives = primitives, theHeader = header): Uint8Array | undefined {
  const viaDh = primitives.x25519(viaSecret, ephemeral) ?? filled(32, 0);
  return openRoute(own, theHeader, via, concat(ephemeral, route), viaDh);
}

describe("a route", () => {
  it("RT-002: is a message of Noise N whose prologue says what it is, without its ephemeral key", () => {
    const state = new HandshakeState({
      primitives,
      pattern: N,
      initiator: true,
      prologue: concat(ascii("hawser route"), header),
      e: e(),
      rs: via,
    });
    const message = state.writeMessage(serverKey);
    expect("bytes" in message && message.bytes).toEqual(concat(ephemeral, seal()));
  });

  it("RT-008: opens to the server's key, and with another byte or header to nothing", () => {
    const route = seal();
    expect(route).toHaveLength(48);
    expect(open(route)).toEqual(serverKey);
    expect(open(route.with(47, (route[47] ?? 0) ^ 1))).toBeUndefined();
    expect(open(route, primitives, header.with(7, 1))).toBeUndefined();
  });

  it("can't be sealed to a key of low order", () => {
    expect(sealRoute(primitives, header, e(), filled(32, 0), serverKey)).toBeUndefined();
  });

  it.each<[string, (own: Primitives) => unknown]>([
    ["sealed", seal],
    ["opened", (own) => open(seal(), own)],
  ])("leaves no key behind once it is %s", (_, work) => {
    const keys: Uint8Array[] = [];
    work({
      ...primitives,
      seal(key, ...more) {
        keys.push(key);
        primitives.seal(key, ...more);
      },
      open(key, ...more) {
        keys.push(key);
        return primitives.open(key, ...more);
      },
    });
    expect(keys).toEqual([filled(32, 0)]);
  });
});
