/** What the two ends make of a Hello, a key holder's answer and an end of file, in each state that can meet them. */
import { describe, expect, it } from "vitest";
import {
  absorb,
  clientKey,
  exchange,
  joined,
  newPair,
  openPair,
  outputTypes,
  type Pair,
  serverKey,
  takeSent,
  testClient,
  testKey,
  testServer,
} from "../../../properties/model/pair.ts";
import { headerLength, helloLength, maxHeldInput } from "../limits.ts";
import type { State } from "../machine/table.ts";
import { alertCodes } from "../record/alert-codes.ts";

const text = (words: string) => new TextEncoder().encode(words);
const other = testKey("other");
const undecided = { peerKey: () => undefined } as const;

/** The server with the Hello, its key not yet answered. */
function openingPair(server = testServer(), client = testClient()): Pair {
  const pair = newPair(client, server);
  absorb(pair.server, server.receive(takeSent(pair.client)), { dh: false });
  expect(server.state).toBe("OpeningRoute");
  return pair;
}

/** A middlebox that has been asked for another server. */
function routingPair(): Pair {
  const client = testClient({ serverKey: other.publicKey, via: serverKey.publicKey });
  const pair = newPair(client, testServer({ routes: true }));
  absorb(pair.server, pair.server.channel.receive(takeSent(pair.client)));
  expect(pair.server.channel.state).toBe("Routing");
  return pair;
}

/** The client with the Challenge, its own key not yet answered. */
function respondingPair(client = testClient()): Pair {
  const pair = newPair(client);
  absorb(pair.server, pair.server.channel.receive(takeSent(pair.client)));
  absorb(pair.client, client.receive(takeSent(pair.server)), { dh: false });
  expect(client.state).toBe("Responding");
  return pair;
}

describe("HS-007 to HS-009: a Hello is judged", () => {
  it.each([
    ["HWS", "AwaitHello", undefined],
    ["HWSR\x01\x01\0", "AwaitHello", undefined],
    ["HWSR\x01\x01\0\0", "AwaitHello", undefined],
    ["XWSR\x01\x01\0\0", "Failed", "not_hawser"],
    ["HWSR\x02\x01\0\0", "Draining", "unsupported_header"],
  ])("after %j: %s", (bytes, state, code) => {
    const { channel } = newPair().server;
    channel.receive(text(bytes));
    expect([channel.state, channel.failure?.code]).toEqual([state, code]);
  });

  it("HS-009: with what the peer speaks", () => {
    const { channel } = newPair().server;
    const outputs = channel.receive(text("HWSR\x02\x03\x01\x04"));
    expect(channel.failure?.reason).toEqual({
      code: "unsupported_header",
      peer: { version: 2, suite: 3, flags: 0x0104 },
    });
    expect(outputs.find(({ type }) => type === "transmit")).toMatchObject({
      bytes: { length: headerLength },
    });
  });

  it("whole, and what follows it waits", () => {
    const pair = newPair();
    const hello = takeSent(pair.client);
    const { channel } = pair.server;
    expect(channel.receive(hello.subarray(0, helloLength - 1))).toEqual([]);
    const outputs = channel.receive(hello.subarray(helloLength - 1));
    hello.fill(0);
    absorb(pair.server, outputs);
    exchange(pair);
    expect(channel.state).toBe("Open");
  });
});

describe("the end of file", () => {
  const cases: readonly [State, () => Pair, string][] = [
    ["AwaitHello", () => newPair(), "truncated"],
    ["OpeningRoute", () => openingPair(), "abandoned"],
    ["Routing", () => routingPair(), "abandoned"],
    [
      "AwaitResponse",
      () => {
        const pair = openingPair();
        absorb(
          pair.server,
          pair.server.channel.dhDone(serverKey, serverKey.dh(peerKeyOf(pair)) as Uint8Array),
        );
        return pair;
      },
      "abandoned",
    ],
    ["Open", () => openPair(), "truncated"],
  ];
  it.each(cases)("RT-018, ST-025: for a server in %s", (state, start, code) => {
    for (const cause of [undefined, new Error("reset")]) {
      const { channel } = start().server;
      expect(channel.state).toBe(state);
      if (state === "AwaitHello") channel.receive(text("HWS"));
      if (cause === undefined) channel.transportEnded();
      else channel.transportFailed(cause);
      expect(channel.failure?.code).toBe(code);
      expect(channel.failure?.reason).toStrictEqual(
        code === "abandoned"
          ? { code, ...(cause === undefined ? {} : { cause }) }
          : { code, state, ...(cause === undefined ? {} : { cause }) },
      );
    }
  });

  it.each([
    ["", undefined, { code: "no_answer" }],
    ["", "reset", { code: "truncated", state: "AwaitChallenge", cause: "reset" }],
    ["HWSR\x01\x01\0", undefined, { code: "truncated", state: "AwaitChallenge" }],
    ["SSH-2", "reset", { code: "not_hawser", protocol: "SSH" }],
    ["XWSR\x01\x01\0\0", undefined, { code: "truncated", state: "AwaitChallenge" }],
    ["HWSR\x01\x01\0\0", "reset", { code: "truncated", state: "AwaitChallenge", cause: "reset" }],
    ["HWSR\x01\x01\0\0!", undefined, { code: "truncated", state: "AwaitChallenge" }],
    ["HWSR\x01\x01\0\0", undefined, { code: "hint", same: true }],
    ["HWSR\x02\x01\0\0", undefined, { code: "hint", same: false, peer: { version: 2 } }],
  ])("ST-026, HS-011, HS-013: for a client after %j, %s", (bytes, cause, reason) => {
    const { channel } = newPair().client;
    channel.receive(text(bytes));
    if (cause === undefined) channel.transportEnded();
    else channel.transportFailed(cause);
    expect(channel.failure?.reason).toMatchObject(reason);
    expect("cause" in (channel.failure?.reason ?? {})).toBe("cause" in reason);
  });

  it("HS-011, ST-026: for a client that has not begun is no hint, whatever came", () => {
    const channel = testClient();
    channel.receive(text("HWSR\x02\x01\0\0"));
    channel.transportEnded();
    expect([channel.state, channel.failure?.reason]).toEqual([
      "Failed",
      { code: "truncated", state: "Start" },
    ]);
  });

  it("HS-015: tells a server of another protocol where the client's first bytes are one's, and no others", () => {
    for (const cause of [undefined, new Error("reset")]) {
      const server = newPair().server.channel;
      const open = openPair().server.channel;
      for (const channel of [server, open]) {
        channel.receive(text("SSH-2"));
        if (cause === undefined) channel.transportEnded();
        else channel.transportFailed(cause);
      }
      expect(server.failure?.reason).toEqual({ code: "not_hawser", bytes: text("SSH-2"), protocol: "SSH" });
      expect(open.failure?.reason).toMatchObject({ code: "truncated", state: "Open" });
    }
  });

  it("HS-015: keeps the first bytes of another protocol, and no more of them", () => {
    const { channel } = newPair().client;
    channel.receive(text(`HTTP/1.1 400 Bad Request\r\n${"x".repeat(100)}`));
    expect(channel.failure?.reason).toEqual({
      code: "not_hawser",
      bytes: text("HTTP/1.1"),
      protocol: "HTTP",
    });
  });

  it("ST-026: for a client that has not begun, or is past the Challenge", () => {
    const started = testClient();
    started.transportFailed("reset");
    expect(started.failure?.reason).toMatchObject({ code: "truncated", state: "Start" });
    const { channel } = respondingPair().client;
    channel.transportFailed("reset");
    expect(channel.failure?.reason).toEqual({ code: "truncated", state: "Responding", cause: "reset" });
  });
});

function peerKeyOf({ server }: Pair): Uint8Array {
  const question = server.outputs.find((output) => output.type === "dh");
  if (question?.type !== "dh") throw new Error("no key was asked");
  return question.publicKey;
}

describe("a key holder's answer", () => {
  it("is wiped when it has been used, by either end", () => {
    const opening = openingPair();
    const answer = serverKey.dh(peerKeyOf(opening)) as Uint8Array;
    opening.server.channel.dhDone(serverKey, answer);
    expect(answer).toEqual(new Uint8Array(32));
    const responding = respondingPair();
    const own = new Uint8Array(32).fill(1);
    responding.client.channel.dhDone(clientKey, own);
    expect(own).toEqual(new Uint8Array(32));
  });

  it.each(["server", "client"] as const)(
    "that nobody waits for changes nothing, and is wiped: %s",
    (role) => {
      const waiting = role === "server" ? openingPair() : respondingPair();
      const open = openPair();
      const before = openPair();
      for (const [pair, holder] of [
        [waiting, other],
        [open, role === "server" ? serverKey : clientKey],
        [before, other],
      ] as const) {
        const { channel } = pair[role];
        const { state } = channel;
        const late = new Uint8Array(32).fill(1);
        expect(channel.dhDone(holder, late)).toEqual([]);
        expect(late).toEqual(new Uint8Array(32));
        expect(channel.dhDone(holder, undefined)).toEqual([]);
        expect(channel.dhFailed(holder, new Error("late"))).toEqual([]);
        expect(channel.state).toBe(state);
      }
    },
  );

  it("HS-036, HS-068: that there is none, or zeros, ends the channel", () => {
    const cause = new Error("no token");
    for (const zeros of [undefined, new Uint8Array(32)]) {
      const { channel } = openingPair().server;
      channel.dhDone(serverKey, zeros?.slice());
      expect(channel.failure?.reason).toEqual({ code: "zero_dh" });
      const client = respondingPair().client.channel;
      client.dhDone(clientKey, zeros?.slice());
      expect(client.failure?.reason).toMatchObject({ code: "key_holder_failed" });
    }
    for (const [channel, holder] of [
      [openingPair().server.channel, serverKey],
      [respondingPair().client.channel, clientKey],
    ] as const) {
      channel.dhFailed(holder, cause);
      expect(channel.failure?.reason).toEqual({ code: "key_holder_failed", cause });
    }
  });
});

describe("a refusal", () => {
  it("RT-011: of a server that is asked for another is no_route, without words", () => {
    const pair = newPair(testClient({ serverKey: other.publicKey, via: serverKey.publicKey }));
    exchange(pair);
    expect(pair.server.channel.failure?.reason).toEqual({
      code: "hello_refused",
      alert: alertCodes.no_route,
      message: "",
    });
  });

  it.each(["AwaitHello", "OpeningRoute"])(
    "in %s waits for the Hello's answer, and the first counts",
    (state) => {
      const pair = state === "AwaitHello" ? newPair() : openingPair();
      const { channel } = pair.server;
      for (const code of ["not_authorized", "internal_error"] as const) {
        expect(() => channel.refuse(code)).toThrow(/no_route, unreachable, busy or going_away/);
      }
      expect(channel.refuse("busy")).toEqual([]);
      expect(channel.refuse("going_away")).toEqual([]);
      if (state === "OpeningRoute") {
        absorb(pair.server, channel.dhDone(serverKey, serverKey.dh(peerKeyOf(pair)) as Uint8Array));
      }
      exchange(pair);
      expect(channel.failure?.reason).toEqual({ code: "hello_refused", alert: alertCodes.busy, message: "" });
      expect(pair.client.channel.failure?.reason).toMatchObject({ code: "refused", alert: alertCodes.busy });
    },
  );

  it("in Routing goes into the Challenge, as the middlebox's own", () => {
    const pair = routingPair();
    expect(() => pair.server.channel.refuse("not_authorized")).toThrow(/no_route/);
    absorb(pair.server, pair.server.channel.refuse("unreachable", "why"));
    exchange(pair);
    expect(pair.server.channel.failure?.reason).toEqual({
      code: "hello_refused",
      alert: alertCodes.unreachable,
      message: "why",
    });
    expect(pair.client.channel.failure?.reason).toMatchObject({
      code: "refused",
      by: "middlebox",
      alert: alertCodes.unreachable,
    });
  });

  it("HS-084: in Deciding is an Alert, with any code and without words unless it has some", () => {
    const pair = newPair();
    exchange(pair, { server: undecided });
    absorb(pair.server, pair.server.channel.refuse("not_authorized"));
    exchange(pair);
    expect(pair.server.channel.failure?.reason).toEqual({
      code: "denied",
      alert: alertCodes.not_authorized,
      message: "",
    });
    expect(pair.client.outputs.find(({ type }) => type === "alert")).toMatchObject({ message: "" });
  });
});

describe("what is known of the peer", () => {
  it("is handed out as copies", () => {
    const pair = openPair();
    for (const [{ channel }, key] of [
      [pair.client, serverKey],
      [pair.server, clientKey],
    ] as const) {
      channel.remotePublicKey?.fill(0);
      expect(channel.remotePublicKey).toEqual(key.publicKey);
    }
    const shown = pair.client.outputs.concat(pair.server.outputs).filter(({ type }) => type === "peerKey");
    for (const output of shown) if (output.type === "peerKey") output.publicKey.fill(0);
    expect(pair.server.channel.remotePublicKey).toEqual(clientKey.publicKey);
    for (const [{ channel }, key] of [
      [pair.client, clientKey],
      [pair.server, serverKey],
    ] as const) {
      channel.localPublicKey?.fill(0);
      expect(channel.localPublicKey).toEqual(key.publicKey);
    }
    expect([testServer().localPublicKey, testClient().localPublicKey]).toEqual([
      undefined,
      clientKey.publicKey,
    ]);
    expect(testServer().remotePublicKey).toBeUndefined();
    expect(testClient().remotePublicKey).toBeUndefined();
  });

  it("HS-062: on first use is a copy of the key shown, too", () => {
    const pair = newPair(testClient({ firstUse: true }));
    exchange(pair, { client: undecided });
    const asked = pair.client.outputs.find((output) => output.type === "peerKey");
    if (asked?.type !== "peerKey") throw new Error("nobody was asked");
    expect(asked.publicKey).toEqual(serverKey.publicKey);
    asked.publicKey.fill(0);
    expect(pair.client.channel.remotePublicKey).toEqual(serverKey.publicKey);
  });

  it("HS-081: is a context that any of the server's is", () => {
    const server = () => testServer({ contexts: ["redis", "http"] });
    for (const context of ["redis", "http"]) {
      const pair = openPair(testClient({ context }), server());
      expect([pair.server.channel.state, pair.server.channel.context]).toEqual(["Open", context]);
    }
    const refused = newPair(testClient({ context: "smtp" }), server());
    exchange(refused);
    expect(refused.server.channel.failure?.code).toBe("wrong_context");
  });

  it("HS-059: tells of another key which was expected, and by way of whom", () => {
    for (const via of [undefined, testKey("via").publicKey]) {
      const client = testClient({ serverKey: other.publicKey, ...(via === undefined ? {} : { via }) });
      const pair = newPair(client);
      exchange(pair);
      expect(client.failure?.reason).toEqual({
        code: "server_key_mismatch",
        expected: other.publicKey,
        received: serverKey.publicKey,
        ...(via === undefined ? {} : { via }),
      });
    }
  });
});

it("HS-119: a server's deadline begins when it is made", () => {
  const clock = { now: 500 };
  expect(testServer({ clock, handshakeTimeout: 70 }).deadline).toBe(570);
});

it("HS-113: data that waits is sent once", () => {
  const pair = respondingPair();
  absorb(pair.client, pair.client.channel.write(text("once")));
  absorb(
    pair.client,
    pair.client.channel.dhDone(clientKey, clientKey.dh(challengeKeyOf(pair)) as Uint8Array),
  );
  exchange(pair);
  expect(outputTypes(pair.server.outputs).filter((type) => type === "data")).toHaveLength(1);
  expect(pair.client.channel.queuedBytes).toBe(0);
});

function challengeKeyOf({ client }: Pair): Uint8Array {
  const question = client.outputs.find((output) => output.type === "dh");
  if (question?.type !== "dh") throw new Error("no key was asked");
  return question.publicKey;
}

describe("RT-014, RT-015: a middlebox that has reached the server", () => {
  it.each([
    [false, 70_000],
    [true, maxHeldInput],
  ])("hands over the Hello and what came after it, as it came (HS-124, stealth: %s)", (stealth, kept) => {
    const client = testClient({ serverKey: other.publicKey, via: serverKey.publicKey });
    const pair = newPair(client, testServer({ routes: true, stealth }));
    const { channel } = pair.server;
    const hello = takeSent(pair.client);
    absorb(pair.server, channel.receive(hello), { dh: false });
    const early = Uint8Array.from({ length: 70_000 }, (_, i) => i % 251);
    expect(channel.receive(early)).toEqual([]);
    absorb(pair.server, channel.dhDone(serverKey, serverKey.dh(peerKeyOf(pair)) as Uint8Array));
    expect(channel.state).toBe("Routing");
    const outputs = channel.forward();
    expect(outputs).toEqual([{ type: "forward", bytes: joined([hello, early.subarray(0, kept)]) }]);
    expect(channel.receive(text("more"))).toEqual([{ type: "forward", bytes: text("more") }]);
    expect(channel.receive(new Uint8Array(0))).toEqual([]);
    expect(channel.state).toBe("Forwarded");
  });
});

it("AL-008: a client that gives up keeps nothing of what it had to send", () => {
  const { channel } = newPair().client;
  channel.write(text("early"));
  expect(channel.queuedBytes).toBe(5);
  channel.alert("cancelled");
  expect(channel.queuedBytes).toBe(0);
});
