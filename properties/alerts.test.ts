/**
 * Why: an error that is not told, told twice, or told before the data it follows is an error nobody can act upon. An
 * alert is the last thing its sender says, it is said once, and nobody answers it.
 */
import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { type AlertName, alertCodes, alertName, UsageError } from "../src/protocol/index.ts";
import { Actor, type AnyChannel, converse, type Sides } from "./model/actor.ts";
import { delivered, joined, outputTypes, testClient, testServer } from "./model/pair.ts";
import { alertBody, parts, plaintext, rawClient, rawServer, sealed } from "./model/raw-peer.ts";
import { pattern, type ServerSetup } from "./model/scenarios.ts";
import {
  opened,
  type Stage,
  settle,
  silentClient,
  silentServer,
  speakingClient,
  speakingServer,
  verdictServer,
} from "./model/stages.ts";

const nothing = new Uint8Array(0);
const utf8 = (text: string) => new TextEncoder().encode(text);
const codes: readonly (AlertName | number)[] = [
  ...(Object.keys(alertCodes) as AlertName[]),
  0x8000,
  0xabcd,
  0xffff,
];
const number = (code: AlertName | number) => (typeof code === "number" ? code : alertCodes[code]);

type Side = keyof Sides;

function sideOf(sides: Sides, side: Side): Actor<AnyChannel> {
  return sides[side] as Actor<AnyChannel>;
}

function otherSide(sides: Sides, side: Side): Actor<AnyChannel> {
  return sideOf(sides, side === "client" ? "server" : "client");
}

/** What an actor says from now on, as bytes. */
function saysAfter(actor: Actor<AnyChannel>, act: () => unknown): number {
  const before = joined(actor.wire).length;
  act();
  return joined(actor.wire).length - before;
}

const table = (side: Side, stages: readonly Stage[]) => stages.map((stage) => ({ ...stage, side }));

describe.each([...table("client", silentClient), ...table("server", silentServer)])(
  "given up in $state at the $side",
  ({ sides: stage, side, state }) => {
    it.each(codes)("AL-010 HS-064 ST-022: %s is kept to itself, once and for all", (code) => {
      const sides = stage();
      const actor = sideOf(sides, side);
      const told = actor.has("failed");
      expect(actor.channel.state).toBe(state);
      expect(saysAfter(actor, () => actor.do(actor.channel.alert(code, "words")))).toBe(0);
      expect(actor.channel.state).toBe("Failed");
      const reason = { code: "cancelled", alert: number(code), message: "words" };
      if (!told) expect(actor.channel.failure?.reason).toEqual(reason);
      expect(actor.channel.failure?.alertSent).toBeUndefined();
      expect(actor.outputs.at(-1)?.type).toBe("closeTransport");
      expect(actor.channel.alert(code)).toEqual([]);
      expect(actor.channel.close()).toEqual([]);
      actor.check();
    });
  },
);

describe.each([...table("client", speakingClient), ...table("server", speakingServer)])(
  "given up in $state at the $side",
  ({ sides: stage, side, state }) => {
    it.each(codes)("AL-006 AL-007 AL-008 AL-021 AL-022: %s is said once, last, after the data", (code) => {
      const sides = stage();
      const [actor, peer] = [sideOf(sides, side), otherSide(sides, side)];
      expect(actor.channel.state).toBe(state);
      const mayWrite = !state.endsWith("Closed") && state !== "HalfClosedLocal";
      const data = pattern(300, 7);
      const got = delivered(peer).length;
      if (mayWrite) actor.do(actor.channel.write(data));
      const from = actor.outputs.length;
      actor.do(actor.channel.alert(code, "“words”"));
      expect(outputTypes(actor.outputs.slice(from))).toEqual(["transmit", "failed", "endTransport"]);
      expect(actor.channel.state).toBe("Draining");
      expect(actor.channel.failure?.alertSent).toBe(number(code));
      // Nothing more is said, whatever is called.
      expect([...actor.channel.alert(code), ...actor.channel.close()]).toEqual([]);
      expect(() => actor.channel.write(data)).toThrow(UsageError);
      if (peer.channel.state === "Deciding") {
        converse(sides);
        peer.do((peer as unknown as Sides["server"]).channel.accept());
      }
      const silence = saysAfter(peer, () => converse(sides));
      expect(silence).toBe(0);
      expect(delivered(peer).slice(got)).toEqual(mayWrite ? data : nothing);
      expect(outputTypes(peer.outputs).slice(-3)).toEqual(["alert", "failed", "closeTransport"]);
      const alert = { type: "alert", code: number(code), message: "“words”" };
      expect(peer.outputs.at(-3)).toEqual(alert);
      expect(peer.channel.failure?.reason).toEqual({
        ...alert,
        type: undefined,
        ...received(code, "“words”"),
      });
      expect(peer.outputs.filter(({ type }) => type === "alert")).toHaveLength(1);
      actor.check();
      peer.check();
    });
  },
);

function received(code: AlertName | number, message: string) {
  return { code: "alert_received", alert: number(code), message };
}

describe.each(table("server", verdictServer))(
  "given up in $state at the server",
  ({ sides: stage, state }) => {
    it.each(codes)("AL-009 HS-084 HS-095: %s is the Verdict", (code) => {
      for (const how of ["alert", "refuse"] as const) {
        const { client, server } = stage();
        expect(server.channel.state).toBe(state);
        const said = saysAfter(server as Actor<AnyChannel>, () =>
          server.do(server.channel[how](code, "words")),
        );
        expect(said).toBe(2 + 256 + 16);
        expect(server.channel.failure?.code).toBe(how === "alert" ? "cancelled" : "denied");
        expect(server.channel.failure?.alertSent).toBe(number(code));
        expect([...server.channel.alert(code), ...server.channel.close()]).toEqual([]);
        expect(() => server.channel.accept()).toThrow(UsageError);
        // A client that is still at its Response gets the Verdict all the same.
        converse({ client, server });
        if (client.channel.state === "Responding") {
          const dh = client.outputs.find((output) => output.type === "dh");
          if (dh?.type === "dh")
            client.do(client.channel.dhDone(dh.keyHolder, dh.keyHolder.dh(dh.publicKey) as Uint8Array));
        }
        converse({ client, server });
        expect(client.channel.failure?.reason).toEqual(received(code, "words"));
        expect(client.has("open")).toBe(false);
        client.check();
        server.check();
      }
    });
  },
);

describe("after the end", () => {
  it("ST-018: neither alert nor close has an effect, and neither is misuse", () => {
    const { client, server } = opened((sides) => {
      sides.client.do(sides.client.channel.close());
      sides.server.do(sides.server.channel.close());
    });
    for (const { channel } of [client, server]) {
      expect(channel.state).toBe("Closed");
      expect([...channel.alert("cancelled"), ...channel.close()]).toEqual([]);
      expect(channel.failure).toBeUndefined();
    }
  });

  it("AL-030: an Alert after the peer's Close is a failure, and the end stays told", () => {
    const { client, server } = opened((sides) => {
      sides.client.do(sides.client.channel.close());
    });
    client.do(client.channel.alert("internal_error"));
    converse({ client, server });
    expect(outputTypes(server.outputs).slice(-4)).toEqual(["end", "alert", "failed", "closeTransport"]);
  });

  it("AL-027: of two Alerts that cross, each end reports its own reason", () => {
    const { client, server } = opened(({ client: c, server: s }) => {
      c.do(c.channel.alert(0x8001, "mine"));
      s.do(s.channel.alert(0x8002, "my own"));
    });
    expect(client.channel.failure?.reason).toEqual({ code: "cancelled", alert: 0x8001, message: "mine" });
    expect(server.channel.failure?.reason).toEqual({ code: "cancelled", alert: 0x8002, message: "my own" });
    expect([client.channel.state, server.channel.state]).toEqual(["Failed", "Failed"]);
    expect([client.has("alert"), server.has("alert")]).toEqual([false, false]);
  });

  it("AL-008: data that still waits for the Verdict is dropped, what was sent is not", () => {
    const { client, server } = settle(undefined, new Actor(testServer(), { peerKey: () => [] }));
    client.do(client.channel.write(pattern(70_000, 1)));
    client.do(client.channel.alert("cancelled", "enough"));
    converse({ client, server });
    server.do(server.channel.accept());
    expect(delivered(server)).toEqual(pattern(70_000, 1).slice(0, 65_516));
    expect(server.channel.failure?.reason).toEqual(received("cancelled", "enough"));
  });
});

describe("codes", () => {
  it.each([0, 13, 0x7fff, 0x10000, -1, 1.5, Number.NaN])("AL-002 AL-004: %d can't be sent", (code) => {
    const { client } = opened();
    expect(() => client.channel.alert(code)).toThrow(UsageError);
    expect(client.channel.state).toBe("Open");
  });

  test.prop([fc.integer({ min: 1, max: 0xffff })])(
    "AL-003: any is terminal as any other, and reported by its number",
    (code) => {
      const server = new Actor(testServer());
      const peer = rawClient(server);
      server.receive(peer.record("alert", alertBody(code, utf8("why"))));
      expect(server.channel.failure?.reason).toEqual({ code: "alert_received", alert: code, message: "why" });
      expect(server.channel.state).toBe("Failed");
      const name = alertName(code);
      const known = Object.entries(alertCodes).find(([, value]) => value === code)?.[0];
      expect(name).toBe(known ?? (code >= 0x8000 ? "application" : undefined));
    },
  );
});

describe("the arrival of an Alert", () => {
  const chunk = new Uint8Array(64 * 1024);

  function alerted(options: ServerSetup = {}) {
    const clock = { now: 100 };
    const sides = settle(undefined, new Actor(testServer({ clock, ...options })));
    sides.server.do(sides.server.channel.alert("going_away"));
    return { clock, server: sides.server };
  }

  it("AL-017 ST-027 ST-029: is waited for, up to 1 MiB of what still comes in", () => {
    const { server } = alerted();
    for (let i = 0; i < 16; i++) {
      expect(server.channel.reading).toBe(true);
      expect(server.channel.receive(chunk)).toEqual([]);
    }
    expect(server.channel.reading).toBe(false);
    expect(server.channel.state).toBe("Draining");
    expect(server.channel.receive(chunk)).toEqual([]);
  });

  it("ST-035: is waited for, up to 5 seconds from the alert, whatever comes in", () => {
    const { server, clock } = alerted();
    expect(server.channel.deadline).toBe(5_100);
    clock.now = 3_000;
    server.receive(chunk);
    server.flush();
    expect(server.channel.deadline).toBe(5_100);
    clock.now = 5_099;
    expect(server.channel.tick()).toEqual([]);
    clock.now = 5_100;
    expect(outputTypes(server.channel.tick())).toEqual(["closeTransport"]);
    expect(server.channel.state).toBe("Failed");
    expect(server.channel.deadline).toBeUndefined();
    expect(server.channel.reading).toBe(false);
  });

  it("LM-001 LM-002: both bounds may be configured", () => {
    const { server, clock } = alerted({ drain: { timeout: 7, bytes: 3 } });
    expect(server.channel.deadline).toBe(107);
    server.receive(Uint8Array.of(1, 2));
    expect(server.channel.reading).toBe(true);
    server.receive(Uint8Array.of(3));
    expect(server.channel.reading).toBe(false);
    clock.now = 107;
    expect(outputTypes(server.channel.tick())).toEqual(["closeTransport"]);
    for (const value of [-1, Number.NaN]) {
      expect(() => testServer({ drain: { timeout: value } })).toThrow(UsageError);
      expect(() => testServer({ drain: { bytes: value } })).toThrow(UsageError);
    }
  });

  it("ST-028: is over when the peer has ended and all is handed over, in either order", () => {
    for (const order of [
      ["flushed", "ended"],
      ["ended", "flushed"],
    ] as const) {
      const { server } = alerted();
      const [first, second] = order.map((what) =>
        what === "flushed" ? () => server.channel.flushed() : () => server.channel.transportEnded(),
      );
      expect(first?.()).toEqual([]);
      expect(server.channel.state).toBe("Draining");
      expect(outputTypes(second?.() ?? [])).toEqual(["closeTransport"]);
      expect(server.channel.state).toBe("Failed");
      expect(server.channel.failure?.code).toBe("cancelled");
    }
  });

  it("ST-028 ST-031: is over at a reset, and that is not reported", () => {
    const { server } = alerted();
    expect(outputTypes(server.channel.transportFailed(new Error("reset")))).toEqual(["closeTransport"]);
    expect(server.channel.failure?.code).toBe("cancelled");
  });
});

describe("alerts of the protocol's own", () => {
  const afterOpen = (content: (peer: ReturnType<typeof rawClient>) => Uint8Array) => {
    const server = new Actor(testServer());
    const peer = rawClient(server);
    server.flush();
    server.receive(content(peer));
    return { server, peer, said: peer.open(joined(server.sent)).map(parts) };
  };

  it.each([
    ["a length below 19", () => Uint8Array.of(0, 18), "bad_record", "length"],
    ["a wrong tag", () => Uint8Array.of(0, 19, ...new Uint8Array(19)), "bad_record", "cipher"],
    [
      "an unknown type",
      (p: ReturnType<typeof rawClient>) => p.seal(plaintext(6, 0, nothing)),
      "bad_record",
      "type",
    ],
    [
      "a size too large",
      (p: ReturnType<typeof rawClient>) => p.seal(plaintext(0, 2, Uint8Array.of(1))),
      "bad_record",
      "size",
    ],
    [
      "padding that is none",
      (p: ReturnType<typeof rawClient>) => p.seal(plaintext(0, 1, Uint8Array.of(1, 1))),
      "bad_record",
      "padding",
    ],
    ["empty Data", (p: ReturnType<typeof rawClient>) => p.record("data"), "bad_record", "body"],
    [
      "a Close with a body",
      (p: ReturnType<typeof rawClient>) => p.record("close", Uint8Array.of(0)),
      "bad_record",
      "body",
    ],
  ] as const)("AL-014 RC-019: %s is answered by bad_record, once", (_what, content, code, check) => {
    const { server, said } = afterOpen(content);
    expect(server.channel.failure?.reason).toEqual({ code, check });
    expect(said).toEqual([{ type: 1, size: 2, body: alertBody(5) }]);
    server.check();
  });

  it.each([
    ["accept", nothing],
    ["pong", new Uint8Array(8)],
  ] as const)(
    "AL-014 RC-020 RC-027 RC-044: an %s out of place is answered by unexpected_record, once",
    (type, body) => {
      const { server, said } = afterOpen((peer) =>
        joined([peer.record(type, body), peer.record(type, body)]),
      );
      expect(server.channel.failure?.reason).toEqual({ code: "unexpected_record", type, state: "Open" });
      expect(said).toEqual([{ type: 1, size: 2, body: alertBody(6) }]);
      server.check();
    },
  );

  it.each(["data", "close"] as const)(
    "RC-029 RC-030: %s after a Close is answered by unexpected_record",
    (type) => {
      const body = type === "data" ? Uint8Array.of(1) : nothing;
      const { server, said } = afterOpen((peer) => joined([peer.record("close"), peer.record(type, body)]));
      expect(server.channel.failure?.reason).toEqual({
        code: "unexpected_record",
        type,
        state: "HalfClosedRemote",
      });
      expect(said).toEqual([{ type: 1, size: 2, body: alertBody(6) }]);
      expect(server.has("end")).toBe(true);
    },
  );

  it("HS-102: a Verdict of another type is answered by unexpected_record, under the transport key", () => {
    for (const type of [0, 3, 4, 5]) {
      const client = new Actor(testClient());
      client.do(client.channel.start());
      const peer = rawServer(client);
      const body = type === 0 ? Uint8Array.of(1) : new Uint8Array(type === 3 ? 0 : 8);
      client.receive(sealed(peer.verdict, plaintext(type, body.length, body)));
      expect(client.channel.failure?.code).toBe("unexpected_record");
      expect(peer.open(joined(client.sent)).map(parts)).toEqual([{ type: 1, size: 2, body: alertBody(6) }]);
      expect(client.has("data")).toBe(false);
    }
  });
});
