/**
 * Why: a middlebox stands in the middle, where attackers stand. It finds the server that a client wants and passes the
 * connection on; it may refuse, and must not be able to do anything else that a client would believe.
 */
import { test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { type AlertName, alertCodes, type ClientChannel, UsageError } from "../src/protocol/index.ts";
import { cuts } from "./arbitraries/cuts.ts";
import { Actor, converse, type Reactions } from "./model/actor.ts";
import {
  clientKey,
  delivered,
  joined,
  outputTypes,
  serverKey,
  testClient,
  testKey,
  testServer,
} from "./model/pair.ts";
import { challengeFor } from "./model/raw-peer.ts";
import { type ClientSetup, otherKey, pattern, type ServerSetup, viaKey } from "./model/scenarios.ts";
import { runs } from "./seed.ts";

const routed = { serverKey: serverKey.publicKey, via: viaKey.publicKey };

/** A middlebox as one may be built on a channel. It passes every connection on, or refuses it with a code, or waits. */
function newMiddlebox(options: ServerSetup = {}, decision: "forward" | "wait" | AlertName = "forward") {
  const common = { keyHolders: [viaKey], routes: true, application: false, seed: "middlebox" };
  return new Actor(testServer({ ...common, ...options }), {
    route: (channel) => {
      if (decision === "wait") return [];
      return decision === "forward" ? channel.forward() : channel.refuse(decision);
    },
  });
}

type Middlebox = ReturnType<typeof newMiddlebox>;

function newClient(options: ClientSetup = {}, reactions: Reactions<ClientChannel> = {}) {
  const client = new Actor(testClient(options.firstUse ? options : { ...routed, ...options }), reactions);
  return client.do(client.channel.start());
}

/** What the middlebox has for the server behind it, and has not been fetched yet. */
function fetched(middlebox: Middlebox, from: number): Uint8Array {
  return joined(
    middlebox.outputs.slice(from).flatMap((output) => (output.type === "forward" ? [output.bytes] : [])),
  );
}

/** A client, a middlebox and the server behind it, until all are silent. */
function through(
  client: Actor<ClientChannel>,
  middlebox: Middlebox,
  server: ReturnType<typeof newServer>,
  cut: (bytes: Uint8Array) => Uint8Array[] = (bytes) => [bytes],
): void {
  let seen = 0;
  for (let moved = true; moved; ) {
    const up = client.flush();
    for (const piece of cut(up)) middlebox.receive(piece);
    for (const piece of cut(fetched(middlebox, seen))) server.receive(piece);
    seen = middlebox.outputs.length;
    const down = joined([middlebox.flush(), server.flush()]);
    for (const piece of cut(down)) client.receive(piece);
    moved = up.length + down.length > 0;
  }
}

function newServer(options: ServerSetup = {}) {
  return new Actor(testServer(options), {
    open: (channel) => channel.write(pattern(40, 2)),
    end: (channel) => channel.close(),
  });
}

const talking: Reactions<ClientChannel> = {
  open: (channel) => [...channel.write(pattern(50, 1)), ...channel.close()],
};

describe("a connection through a middlebox", () => {
  test.prop([cuts], { numRuns: runs(40) })(
    "RT-014 RT-015: is that of the two ends, however its bytes are cut",
    (cut) => {
      const [client, middlebox, server] = [newClient({}, talking), newMiddlebox(), newServer()];
      client.do(client.channel.write(pattern(20, 9)));
      through(client, middlebox, server, cut);
      expect([client.channel.state, server.channel.state]).toEqual(["Closing", "Closing"]);
      expect(client.channel.channelBinding).toEqual(server.channel.channelBinding);
      expect(client.channel.remotePublicKey).toEqual(serverKey.publicKey);
      expect(server.channel.remotePublicKey).toEqual(clientKey.publicKey);
      expect(delivered(server)).toEqual(joined([pattern(20, 9), pattern(50, 1)]));
      expect(delivered(client)).toEqual(pattern(40, 2));
      expect(middlebox.channel.state).toBe("Forwarded");
      expect(middlebox.sent).toEqual([]);
      expect(middlebox.wire).toEqual([]);
      expect(fetched(middlebox, 0)).toEqual(joined(client.wire));
      client.check();
      server.check();
    },
  );

  it("RT-014: begins with the 88 bytes of the Hello unaltered, then what was held meanwhile, then what comes", () => {
    const waiting = newMiddlebox({}, "wait");
    const hello = newClient().flush();
    waiting.receive(joined([hello, Uint8Array.of(1, 2, 3)]));
    waiting.receive(Uint8Array.of(4));
    expect(waiting.outputs.at(-1)).toEqual({ type: "route", serverKey: serverKey.publicKey });
    expect(waiting.channel.state).toBe("Routing");
    waiting.do(waiting.channel.forward());
    waiting.receive(Uint8Array.of(5));
    waiting.receive(Uint8Array.of(6, 7));
    const forwarded = waiting.outputs.flatMap((output) => (output.type === "forward" ? [output.bytes] : []));
    expect(forwarded).toEqual([
      joined([hello, Uint8Array.of(1, 2, 3, 4)]),
      Uint8Array.of(5),
      Uint8Array.of(6, 7),
    ]);
    expect(waiting.wire).toEqual([]);
    expect(() => waiting.channel.forward()).toThrow(UsageError);
    expect(() => waiting.channel.refuse("busy")).toThrow(UsageError);
  });

  it("RT-011 HS-056: works with a server that has rotated, as long as its newest key is the expected one", () => {
    const keys = [serverKey, testKey("older"), testKey("oldest")];
    const [client, server] = [newClient(), newServer({ keyHolders: keys })];
    through(client, newMiddlebox(), server);
    expect([client.channel.state, server.channel.state]).toEqual(["Open", "Open"]);
  });

  it("HS-059: fails where the server behind it answers with another key, its newest", () => {
    const newest = testKey("newest");
    const [client, server] = [newClient(), newServer({ keyHolders: [newest, serverKey] })];
    through(client, newMiddlebox(), server);
    expect(client.channel.failure?.reason).toEqual({
      code: "server_key_mismatch",
      expected: serverKey.publicKey,
      received: newest.publicKey,
      via: viaKey.publicKey,
    });
    expect(joined(client.wire)).toHaveLength(88);
  });

  it("RT-010: reaches the right key of a rotated server that holds the via key as well", () => {
    const newest = testKey("newest");
    const server = newServer({ keyHolders: [newest, serverKey, viaKey] });
    const client = newClient();
    through(client, newMiddlebox(), server);
    expect(client.channel.state).toBe("Open");
    expect(client.channel.remotePublicKey).toEqual(serverKey.publicKey);
  });
});

describe("a middlebox that refuses", () => {
  const refusals = ["no_route", "unreachable", "busy", "going_away"] as const;

  it.each(refusals)(
    "HS-058 RT-019 RT-011: %s is reported as the middlebox's, before the client has shown itself",
    (name) => {
      const [client, middlebox] = [newClient({}, talking), newMiddlebox({}, name)];
      const sides = { client, server: middlebox };
      converse(sides);
      expect(client.channel.failure?.reason).toEqual({
        code: "refused",
        by: "middlebox",
        alert: alertCodes[name],
        publicKey: viaKey.publicKey,
      });
      expect(joined(client.wire)).toHaveLength(88);
      expect(joined(middlebox.wire)).toHaveLength(98);
      expect(middlebox.channel.failure?.reason).toEqual({
        code: "hello_refused",
        alert: alertCodes[name],
        message: "",
      });
      expect([client.channel.state, middlebox.channel.state]).toEqual(["Failed", "Failed"]);
      client.check();
      middlebox.check();
    },
  );

  it("HS-048: has no other codes than these four for it", () => {
    for (const code of [1, 2, 3, 5, 6, 7, 10, 12, 0x8000] as const) {
      const middlebox = newMiddlebox({}, "wait");
      middlebox.receive(newClient().flush());
      expect(() => middlebox.channel.refuse(code)).toThrow(UsageError);
      expect(middlebox.channel.state).toBe("Routing");
    }
  });

  it("RT-011: answers no_route where nobody routes, and where a route names its own key or does not open", () => {
    const cases: [ClientSetup, ServerSetup, string][] = [
      [routed, { routes: false, application: true }, "middlebox"],
      [routed, { routes: false, application: false }, "middlebox"],
      [{ serverKey: viaKey.publicKey, via: viaKey.publicKey }, {}, "server"],
      [{ firstUse: true }, {}, "unauthenticated"],
    ];
    for (const [clientOptions, serverOptions, by] of cases) {
      const [client, middlebox] = [newClient(clientOptions), newMiddlebox(serverOptions)];
      converse({ client, server: middlebox });
      expect(client.channel.failure?.reason).toEqual({
        code: "refused",
        by,
        alert: alertCodes.no_route,
        publicKey: viaKey.publicKey,
      });
    }
    // The route of a client that expects somebody else does not open: the answer is not from the via key.
    const stranger = newClient({ serverKey: otherKey.publicKey, via: otherKey.publicKey });
    converse({ client: stranger, server: newMiddlebox() });
    expect(stranger.channel.failure?.code).toBe("server_key_mismatch");
  });

  it("RT-012 RT-013: says busy rather than no_route, with the key that would have answered", () => {
    for (const options of [routed, { serverKey: viaKey.publicKey, via: viaKey.publicKey }]) {
      const [client, middlebox] = [newClient(options), newMiddlebox({ routes: false })];
      middlebox.do(middlebox.channel.refuse("busy", "come back"));
      converse({ client, server: middlebox });
      const by = options === routed ? "middlebox" : "server";
      expect(client.channel.failure?.reason).toMatchObject({ by, alert: alertCodes.busy });
    }
  });

  it("HS-046 ST-027: drains after it, and opens nothing that still comes", () => {
    const middlebox = newMiddlebox({}, "unreachable");
    middlebox.receive(newClient().flush());
    expect(middlebox.channel.state).toBe("Draining");
    expect(middlebox.channel.receive(new Uint8Array(96))).toEqual([]);
    expect(middlebox.channel.reading).toBe(true);
  });
});

/** What a client has to say of a Challenge, by its key and code: the steps HS-056 to HS-061 as a table of their own. */
function judgement(knows: "nobody" | "the server" | "both", key: "server" | "via" | "other", code: number) {
  if (knows === "nobody") return code === 0 ? "asks" : "refused by unauthenticated";
  if (key === "server") return code === 0 ? "goes on" : "refused by server";
  return key === "via" && knows === "both" && code !== 0 ? "refused by middlebox" : "server_key_mismatch";
}

describe("what stands in the middle may say anything", () => {
  const keys = { server: serverKey, via: viaKey, other: otherKey };
  const configured = {
    nobody: { firstUse: true },
    "the server": { serverKey: serverKey.publicKey },
    both: routed,
  };
  const everything = (Object.keys(configured) as (keyof typeof configured)[]).flatMap((knows) =>
    (Object.keys(keys) as (keyof typeof keys)[]).map((key) => ({ knows, key })),
  );

  it.each(everything)(
    "HS-056 HS-057 HS-058 HS-059 HS-060 HS-061: to a client that knows $knows, with the $key key",
    ({ knows, key }) => {
      for (const code of [0, 1, 3, 4, 8, 9, 11, 12, 13, 0x7fff, 0x8000, 0xffff]) {
        const client = new Actor(testClient(configured[knows]), { peerKey: () => [] });
        client.do(client.channel.start());
        client.receive(challengeFor(client.flush(), keys[key], code));
        const { failure, state } = client.channel;
        const expected = judgement(knows, key, code);
        const { publicKey } = keys[key];
        if (expected === "goes on") expect(state).toBe("AwaitVerdict");
        else if (expected === "asks") {
          expect(state).toBe("Judging");
          expect(client.outputs.at(-1)).toEqual({ type: "peerKey", publicKey, context: undefined });
        } else if (expected === "server_key_mismatch") {
          const pair = { expected: serverKey.publicKey, received: publicKey };
          const via = knows === "both" ? { via: viaKey.publicKey } : {};
          expect(failure?.reason).toEqual({ code: expected, ...pair, ...via });
        } else {
          const by = expected.slice("refused by ".length);
          expect(failure?.reason).toEqual({ code: "refused", by, alert: code, publicKey });
        }
        if (failure !== undefined) {
          expect(state).toBe("Failed");
          expect(joined(client.wire)).toHaveLength(88);
          expect(outputTypes(client.outputs)).toEqual(["transmit", "failed", "closeTransport"]);
        }
        client.check();
      }
    },
  );

  it("SC-020: a middlebox can't pass on a Hello of its own and stay in the middle", () => {
    // It answers the client itself, in the name of the server, and has the server answer a Hello of its own.
    const client = newClient({}, talking);
    client.flush();
    const own = new Actor(testClient({ seed: "the middlebox itself" }));
    const server = newServer();
    server.receive(own.do(own.channel.start()).flush());
    client.receive(server.flush());
    expect(client.channel.failure?.code).toBe("bad_challenge");
    expect(joined(client.wire)).toHaveLength(88);
  });

  it("RT-016: one that passes a connection on to another middlebox does the client no harm", () => {
    const [client, first] = [newClient({}, talking), newMiddlebox()];
    const second = newMiddlebox({ keyHolders: [otherKey] });
    through(client, first, second as ReturnType<typeof newServer>);
    expect(second.channel.failure?.code).toBe("hello_refused");
    expect(client.channel.failure?.code).toBe("server_key_mismatch");
  });
});

describe("a middlebox that looks for a server", () => {
  function searching(options: ServerSetup = {}) {
    const clock = { now: 2_000 };
    const middlebox = newMiddlebox({ now: () => clock.now, ...options }, "wait");
    clock.now = 5_000;
    middlebox.receive(newClient().flush());
    expect(middlebox.channel.state).toBe("Routing");
    return { clock, middlebox };
  }

  it("RT-017 HS-121: gives up at the handshake deadline, without a word", () => {
    const { clock, middlebox } = searching();
    expect(middlebox.channel.deadline).toBe(12_000);
    clock.now = 12_000;
    middlebox.do(middlebox.channel.tick());
    const reason = { code: "timeout", what: "handshake", state: "Routing" };
    expect(middlebox.channel.failure?.reason).toEqual(reason);
    expect(middlebox.wire).toEqual([]);
    expect(() => middlebox.channel.forward()).toThrow(UsageError);
    middlebox.check();
  });

  it("RT-018 ST-014 ST-015: gives up when the client does, without a word", () => {
    for (const kind of ["eof", "reset"] as const) {
      const { middlebox } = searching();
      const { channel } = middlebox;
      middlebox.do(kind === "eof" ? channel.transportEnded() : channel.transportFailed(new Error("reset")));
      expect(channel.failure?.code).toBe("abandoned");
      expect(outputTypes(middlebox.outputs)).toEqual(["dh", "route", "failed", "closeTransport"]);
      expect(() => channel.refuse("busy")).toThrow(UsageError);
      middlebox.check();
    }
  });

  it("ST-009 ST-010: stops reading at 65,537 bytes, and keeps what comes all the same", () => {
    const { middlebox } = searching();
    middlebox.receive(pattern(65_536, 1));
    expect(middlebox.channel.reading).toBe(true);
    middlebox.receive(pattern(10, 2));
    expect(middlebox.channel.reading).toBe(false);
    middlebox.do(middlebox.channel.forward());
    expect(middlebox.channel.reading).toBe(true);
    expect(fetched(middlebox, 0).subarray(88)).toEqual(joined([pattern(65_536, 1), pattern(10, 2)]));
  });

  it("RT-023: answers in stealth mode too, once the route has opened", () => {
    const { middlebox } = searching({ stealth: true });
    middlebox.do(middlebox.channel.refuse("unreachable", "kept to itself"));
    expect(middlebox.flush()).toHaveLength(98);
    const [client, hidden, server] = [newClient({}, talking), newMiddlebox({ stealth: true }), newServer()];
    through(client, hidden, server);
    expect(client.channel.state).toBe("Closing");
  });
});
