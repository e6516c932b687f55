/** What a channel tells its driver (when to read, when to wake it) and what it makes of calls at the edges. */
import { describe, expect, it } from "vitest";
import {
  absorb,
  delivered,
  exchange,
  newPair,
  openPair,
  outputTypes,
  type Pair,
  serverKey,
  takeSent,
  testClient,
  testServer,
} from "../../../properties/model/pair.ts";
import { lastNonce, maxEarlyData, maxHeldInput } from "../limits.ts";
import { type Table, table } from "../machine/table.ts";
import { alertCodes } from "../record/alert-codes.ts";
import { UsageError } from "../usage-error.ts";

const text = (words: string) => new TextEncoder().encode(words);
const counted = (length: number) => Uint8Array.from({ length }, (_, i) => i % 251);

/** The client in AwaitVerdict, the server asking about it. */
function decidingPair(client = testClient(), server = testServer()): Pair {
  const pair = newPair(client, server);
  exchange(pair, { server: { peerKey: () => undefined } });
  expect([client.state, server.state]).toEqual(["AwaitVerdict", "Deciding"]);
  return pair;
}

/** Both ends' Closes passed, the client's not yet handed to its transport. */
function closingPair(clock = { now: 0 }): Pair {
  const pair = openPair(testClient({ clock }), testServer());
  absorb(pair.server, pair.server.channel.close());
  absorb(pair.client, pair.client.channel.receive(takeSent(pair.server)));
  absorb(pair.client, pair.client.channel.close());
  expect(pair.client.channel.state).toBe("Closing");
  return pair;
}

describe("a channel wants to read", () => {
  it("ST-009: until the end of file, also where what came before it waits", () => {
    const { channel } = decidingPair().server;
    expect(channel.reading).toBe(true);
    channel.transportEnded();
    expect([channel.state, channel.reading]).toEqual(["Deciding", false]);
  });

  it.each([
    [true, [true, true]],
    [false, [true, false]],
  ])("RT-025: while it opens a route, without end with stealth (%s)", (stealth, reading) => {
    const pair = newPair(testClient(), testServer({ stealth }));
    const { channel } = pair.server;
    absorb(pair.server, channel.receive(takeSent(pair.client)), { dh: false });
    const before = channel.reading;
    channel.receive(counted(maxHeldInput));
    expect(channel.state).toBe("OpeningRoute");
    expect([before, channel.reading]).toEqual(reading);
    channel.transportEnded();
    expect([channel.state, channel.reading]).toEqual(["Failed", false]);
  });

  it("ST-029: after its last word, up to a number of bytes", () => {
    const { channel } = openPair(testClient({ drain: { bytes: 10 } })).client;
    channel.alert("cancelled");
    expect([channel.state, channel.reading]).toEqual(["Draining", true]);
    channel.receive(counted(9));
    expect(channel.reading).toBe(true);
    channel.receive(counted(1));
    expect([channel.state, channel.reading]).toEqual(["Draining", false]);
  });

  it("ST-029: after its last word, up to a deadline, and no more then", () => {
    const clock = { now: 100 };
    const { channel } = openPair(testClient({ clock })).client;
    channel.flushed();
    clock.now = 200;
    channel.alert("cancelled");
    expect(channel.deadline).toBe(200 + 5_000);
    clock.now = 5_199;
    expect(channel.tick()).toEqual([]);
    clock.now = 5_200;
    channel.tick();
    expect([channel.state, channel.reading, channel.deadline]).toEqual(["Failed", false, undefined]);
  });
});

describe("ST-036: after both Closes", () => {
  it("the peer has its time from when the own one has been handed to the transport", () => {
    const clock = { now: 0 };
    const { channel } = closingPair(clock).client;
    expect(channel.deadline).toBeUndefined();
    clock.now = 7;
    channel.flushed();
    expect(channel.deadline).toBe(7 + 5_000);
    clock.now = 5_007;
    channel.tick();
    expect([channel.state, channel.reading]).toEqual(["Closed", false]);
  });

  it("an end of file that comes before that ends nothing that is still to be transmitted", () => {
    const { channel } = closingPair().client;
    expect(channel.transportEnded()).toEqual([]);
    expect(channel.state).toBe("Closing");
    expect(outputTypes(channel.flushed())).toContain("closeTransport");
    expect(channel.state).toBe("Closed");
  });
});

describe("a deadline", () => {
  it("is none while it is open and has no liveness, and nothing is due then", () => {
    const { channel } = openPair().client;
    expect([channel.deadline, channel.tick(), channel.state]).toEqual([undefined, [], "Open"]);
  });

  it("RC-047, RC-048: of liveness is that of a Ping, then that of the silence", () => {
    const clock = { now: 50 };
    const liveness = { pingAfter: 1_000, timeout: 3_000 };
    const pair = openPair(testClient({ clock, liveness }));
    const { channel } = pair.client;
    expect(channel.deadline).toBe(1_050);
    clock.now = 1_049;
    expect(channel.tick()).toEqual([]);
    clock.now = 1_050;
    expect(outputTypes(channel.tick())).toEqual(["transmit"]);
    expect(channel.deadline).toBe(3_050);
    clock.now = 3_050;
    channel.tick();
    expect(channel.failure).toMatchObject({
      code: "timeout",
      requirement: "RC-047",
      reason: { code: "timeout", what: "liveness", state: "Open" },
    });
  });

  it("is the handshake's for a server that hides, and none for one that has failed", () => {
    const clock = { now: 0 };
    for (const stealth of [true, false]) {
      const { channel } = newPair(testClient(), testServer({ clock, stealth })).server;
      channel.receive(text("GET / HTTP/1.1"));
      expect(channel.state).toBe(stealth ? "Hiding" : "Failed");
      expect(channel.deadline).toBe(stealth ? 10_000 : undefined);
    }
  });

  it("ST-036: begins at the peer's Close where the own one has been handed to the transport before", () => {
    const clock = { now: 0 };
    const pair = openPair(testClient({ clock }));
    absorb(pair.client, pair.client.channel.close());
    pair.client.channel.flushed();
    absorb(pair.server, pair.server.channel.receive(takeSent(pair.client)));
    absorb(pair.server, pair.server.channel.close());
    clock.now = 9;
    expect(pair.client.channel.deadline).toBeUndefined();
    absorb(pair.client, pair.client.channel.receive(takeSent(pair.server)));
    expect([pair.client.channel.state, pair.client.channel.deadline]).toEqual(["Closing", 9 + 5_000]);
  });
});

describe("a Ping", () => {
  it("has 8 bytes, and waits for the Pong of the one before", () => {
    const pair = openPair();
    const { channel } = pair.client;
    for (const length of [0, 7, 9]) expect(() => channel.ping(counted(length))).toThrow(/8 bytes/);
    absorb(pair.client, channel.ping());
    expect(() => channel.ping()).toThrow(UsageError);
    exchange(pair);
    absorb(pair.client, channel.ping());
    expect(pair.client.sent).toHaveLength(1);
  });

  it("is none after the end of file: no Pong could come", () => {
    const pair = openPair();
    absorb(pair.server, pair.server.channel.close());
    const { channel } = pair.client;
    absorb(pair.client, channel.receive(takeSent(pair.server)));
    channel.transportEnded();
    expect(channel.state).toBe("HalfClosedRemote");
    expect(() => channel.ping()).toThrow(UsageError);
  });

  it("RC-041: may follow another once that one's Pong has been handed to the transport", () => {
    const pair = openPair();
    for (const _ of [1, 2]) {
      absorb(pair.client, pair.client.channel.ping());
      exchange(pair);
      pair.server.channel.flushed();
    }
    expect(pair.server.channel.state).toBe("Open");
  });

  it.each(["ping", "pong", "deadline"])("RC-006: leaves the last nonce for an Alert (%s)", (what) => {
    const clock = { now: 0 };
    const firstNonces = { client: lastNonce, server: 0n };
    const liveness = { pingAfter: 10, timeout: 20 };
    const pair = openPair(testClient({ firstNonces, clock, liveness }), testServer({ firstNonces }));
    const { channel } = pair.client;
    if (what === "ping") absorb(pair.client, channel.ping());
    if (what === "pong") absorb(pair.server, pair.server.channel.ping());
    if (what === "deadline") {
      clock.now = 10;
      absorb(pair.client, channel.tick());
    }
    exchange(pair);
    expect(channel.failure).toMatchObject({ code: "nonces_exhausted" });
    expect(pair.server.channel.failure).toMatchObject({ code: "alert_received" });
  });
});

describe("HS-110: before Open", () => {
  it("nothing is exported, nor is there a channel binding, though the keys are there", () => {
    const { client, server } = decidingPair();
    for (const { channel } of [client, server]) {
      expect(channel.channelBinding).toBeUndefined();
      expect(() => channel.exportKeyingMaterial("label", 32)).toThrow(/before Open/);
    }
  });
});

describe("HS-015: a handshake's deadline", () => {
  it.each([
    ["client", "SSH-2.0"],
    ["server", "GET / H"],
  ] as const)("that passes the %s after %j tells of that protocol", (role, words) => {
    const clock = { now: 0 };
    const pair = newPair(testClient({ clock }), testServer({ clock }));
    const { channel } = pair[role];
    channel.receive(text(words));
    clock.now = 10_000;
    channel.tick();
    expect(channel.failure).toMatchObject({ code: "not_hawser" });
  });

  it.each(["client", "server"] as const)("that passes the %s after some other bytes does not", (role) => {
    const clock = { now: 0 };
    const pair = newPair(testClient({ clock }), testServer({ clock }));
    const { channel } = pair[role];
    channel.receive(text("HWS"));
    clock.now = 10_000;
    channel.tick();
    expect(channel.failure).toMatchObject({ code: "timeout" });
  });

  it("looks at the first bytes alone: later ones may look like anything", () => {
    const clock = { now: 0 };
    const client = decidingPair(testClient({ clock })).client.channel;
    const pair = newPair(testClient(), testServer({ clock }));
    absorb(pair.server, pair.server.channel.receive(takeSent(pair.client)));
    const server = pair.server.channel;
    expect([client.state, server.state]).toEqual(["AwaitVerdict", "AwaitResponse"]);
    clock.now = 10_000;
    for (const channel of [client, server]) {
      channel.receive(text("GET / H"));
      channel.tick();
      expect(channel.failure).toMatchObject({ code: "timeout" });
    }
  });
});

describe("RC-053: data that the nonces do not last for", () => {
  const sentWith = (left: bigint, length: number) => {
    const firstNonces = { client: lastNonce - left, server: 0n };
    const pair = openPair(testClient({ firstNonces, recordSize: 10 }), testServer({ firstNonces }));
    absorb(pair.client, pair.client.channel.write(counted(length)));
    exchange(pair);
    return pair;
  };

  it.each([
    [2n, 25, 20],
    [1n, 11, 10],
    [0n, 1, 0],
  ])("is sent as far as they do, and an Alert behind it: %i records", (left, length, arrives) => {
    const { client, server } = sentWith(left, length);
    expect(delivered(server)).toEqual(counted(length).subarray(0, arrives));
    expect(client.channel.failure).toMatchObject({ code: "nonces_exhausted" });
    expect(server.channel.failure).toMatchObject({ code: "alert_received" });
  });

  it("is sent whole where they just do", () => {
    const { client, server } = sentWith(2n, 20);
    expect(delivered(server)).toEqual(counted(20));
    expect(client.channel.state).toBe("Open");
    expect(server.channel.state).toBe("Open");
  });

  it("RC-006: fails where not even the Alert's is left, and nothing of it is sent", () => {
    const { channel } = openPair(
      testClient(),
      testServer({ firstNonces: { client: 0n, server: lastNonce + 1n } }),
    ).server;
    expect(outputTypes(channel.write(counted(25)))).toEqual(["failed", "closeTransport"]);
    expect(channel.failure).toMatchObject({ code: "nonces_exhausted" });
  });

  it("RC-007: and where not even the Alert's is left, nothing is said", () => {
    const pair = sentWith(0n, 0);
    absorb(pair.client, pair.client.channel.close());
    absorb(pair.server, pair.server.channel.ping());
    const outputs = pair.client.channel.receive(takeSent(pair.server));
    expect(pair.client.channel.failure).toMatchObject({ code: "nonces_exhausted" });
    expect(outputTypes(outputs)).toEqual(["failed", "closeTransport"]);
  });
});

describe("what was written before the Verdict", () => {
  it("HS-113: is sent at once, and is the application's again", () => {
    const pair = decidingPair();
    const data = text("early");
    absorb(pair.client, pair.client.channel.write(data));
    expect(pair.client.sent).toHaveLength(1);
    expect(pair.client.channel.queuedBytes).toBe(0);
    absorb(pair.server, pair.server.channel.accept());
    exchange(pair);
    expect(delivered(pair.server)).toEqual(data);
  });

  it("HS-114, HS-115: waits beyond a bound, and a Close behind it", () => {
    const pair = decidingPair();
    const data = counted(maxEarlyData + 1_000);
    const own = data.slice();
    absorb(pair.client, pair.client.channel.write(own));
    own.fill(0);
    absorb(pair.client, pair.client.channel.close());
    expect(pair.client.channel.queuedBytes).toBeGreaterThan(0);
    absorb(pair.server, pair.server.channel.accept());
    exchange(pair);
    expect(delivered(pair.server)).toEqual(data);
    expect(outputTypes(pair.server.outputs)).toContain("end");
    expect(pair.client.channel.state).toBe("HalfClosedLocal");
  });

  it("waits for the Challenge, and is the application's again", () => {
    const pair = newPair();
    const own = text("first");
    absorb(pair.client, pair.client.channel.write(own));
    own.fill(0);
    expect(pair.client.channel.queuedBytes).toBe(5);
    exchange(pair);
    expect(delivered(pair.server)).toEqual(text("first"));
  });
});

it("HS-114: of what was written before the Challenge no more than the bound is sent before the Verdict", () => {
  const pair = newPair();
  const data = counted(3 * maxEarlyData);
  absorb(pair.client, pair.client.channel.write(data));
  exchange(pair, { server: { peerKey: () => undefined } });
  expect([pair.client.channel.state, pair.server.channel.state]).toEqual(["AwaitVerdict", "Deciding"]);
  expect(pair.client.channel.queuedBytes).toBeGreaterThan(2 * maxEarlyData);
  absorb(pair.server, pair.server.channel.accept());
  exchange(pair);
  expect(delivered(pair.server)).toEqual(data);
});

describe("the end of file before the Challenge", () => {
  it.each([
    ["SSH-2.0", "not_hawser"],
    ["HWS", "truncated"],
    ["", "no_answer"],
  ])("after %j is %s", (words, code) => {
    const { channel } = newPair().client;
    channel.receive(text(words));
    channel.transportEnded();
    expect(channel.failure).toMatchObject({ code });
  });
});

it("HS-036: a server whose key holder does not see that a DH is all zeros finds it in its own", () => {
  const pair = newPair();
  const { channel } = pair.server;
  absorb(pair.server, channel.receive(takeSent(pair.client).fill(0, 8, 40)), { dh: false });
  const outputs = channel.dhDone(serverKey, new Uint8Array(32).fill(1));
  expect(outputTypes(outputs)).toEqual(["failed", "closeTransport"]);
  expect(channel.failure).toMatchObject({ code: "zero_dh" });
});

it("TR-010: no call is taken while the session is taken out, and the mistake leaves it where it was", () => {
  const { channel } = openPair().server;
  expect(() => channel.surrender(() => channel.ping())).toThrow(/from within a call/);
  expect([channel.handedOver, channel.state]).toEqual([false, "Open"]);
  expect(outputTypes(channel.ping())).toEqual(["transmit"]);
});

describe("what is handed out or in", () => {
  it("HS-111: the channel binding is a copy", () => {
    const { channel } = openPair().client;
    channel.channelBinding?.fill(0);
    expect(channel.channelBinding).not.toEqual(new Uint8Array(64));
  });

  it("a Ping's body is the caller's again", () => {
    const pair = openPair();
    const body = counted(8);
    absorb(pair.client, pair.client.channel.ping(body));
    body.fill(9);
    exchange(pair);
    expect(pair.client.outputs.at(-1)).toEqual({ type: "pong", bytes: counted(8) });
  });

  it("names what is no bytes", () => {
    const { channel } = openPair().client;
    expect(() => channel.receive("x" as never)).toThrow(/^input /);
    expect(() => channel.write("x" as never)).toThrow(/^data /);
    expect(() => channel.ping("x" as never)).toThrow(UsageError);
  });

  it("an alert without words says none", () => {
    const pair = openPair();
    absorb(pair.client, pair.client.channel.alert(0x8001));
    exchange(pair);
    expect(pair.server.outputs.find(({ type }) => type === "alert")).toEqual({
      type: "alert",
      code: 0x8001,
      message: "",
    });
  });

  it("AL-015: a Close before the handshake is over gives up, and says so", () => {
    const { channel } = newPair().client;
    channel.close();
    expect(channel.failure).toMatchObject({
      code: "cancelled",
      reason: { code: "cancelled", alert: alertCodes.cancelled, message: "" },
    });
  });

  it("ST-002: an event that can't arise is a fault of the code, which ends the channel", () => {
    const ping = { to: "Open", outputs: ["impossible"] } as const;
    const changed = { ...table, client: { ...table.client, Open: { ...table.client["Open"], ping } } };
    const { channel } = openPair(testClient({ table: changed as Table })).client;
    expect(() => channel.ping()).toThrow("the event ping can't arise in state Open");
    expect(channel.state).toBe("Failed");
  });

  it.each(["client", "server"] as const)("an output that is none of a %s's is such a fault, too", (role) => {
    const ping = { to: "Open", outputs: [role === "client" ? "send.challenge" : "queue"] };
    const changed = { ...table, [role]: { ...table[role], Open: { ...table[role]["Open"], ping } } } as Table;
    const { channel } = openPair(testClient({ table: changed }), testServer({ table: changed }))[role];
    expect(() => channel.ping()).toThrow(`a ${role} has no output ${ping.outputs[0]}`);
    expect(channel.state).toBe("Failed");
  });

  it("no bytes are no input", () => {
    const started = testClient();
    expect([started.receive(new Uint8Array(0)), started.state]).toEqual([[], "Start"]);
  });
});
