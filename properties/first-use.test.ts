/**
 * Why: a client that does not know its server's key yet has nothing but its application's judgement. While that takes
 * its time the connection goes on, and nothing about the client may be said before it.
 */
import { describe, expect, it } from "vitest";
import { alertCodes, type ClientChannel, UsageError } from "../src/protocol/index.ts";
import { Actor, converse, type Sides } from "./model/actor.ts";
import { clientKey, joined, outputTypes, serverKey, testClient, testServer } from "./model/pair.ts";
import { challengeFor } from "./model/raw-peer.ts";
import { pattern } from "./model/scenarios.ts";

/** A client that looks at its server's key, and the server that waits for its Response. */
function judging(): Sides & { readonly clock: { now: number } } {
  const clock = { now: 50 };
  const client = new Actor(testClient({ firstUse: true, clock }), { peerKey: () => [] });
  const sides = { client: client.do(client.channel.start()), server: new Actor(testServer()) };
  converse(sides);
  expect(client.channel.state).toBe("Judging");
  expect(sides.server.channel.state).toBe("AwaitResponse");
  return { ...sides, clock };
}

/** The same, with the Verdict of a server that gave up meanwhile. */
function judgingLate(): Sides {
  const sides = judging();
  sides.server.do(sides.server.channel.alert("going_away", "closing time"));
  sides.client.receive(sides.server.flush());
  expect(sides.client.channel.state).toBe("Judging");
  expect(sides.client.has("alert")).toBe(false);
  return sides;
}

const gone = { code: "alert_received", alert: alertCodes.going_away, message: "closing time" };

describe("the application's judgement", () => {
  it("HS-061: is asked for with the server's key, once", () => {
    const { client } = judging();
    const shown = client.outputs.filter(({ type }) => type === "peerKey");
    expect(shown).toEqual([{ type: "peerKey", publicKey: serverKey.publicKey, context: undefined }]);
    expect(client.channel.remotePublicKey).toEqual(serverKey.publicKey);
  });

  it("HS-056 HS-073: when it trusts, the connection goes on like any other", () => {
    const { client, server } = judging();
    client.do(client.channel.trust());
    converse({ client, server });
    expect([client.channel.state, server.channel.state]).toEqual(["Open", "Open"]);
    expect(server.channel.remotePublicKey).toEqual(clientKey.publicKey);
    client.check();
  });

  it("HS-062: when it does not, the client fails and says nothing", () => {
    const { client, server } = judging();
    client.do(client.channel.reject());
    expect(client.channel.failure?.reason).toEqual({ code: "untrusted", publicKey: serverKey.publicKey });
    expect(client.channel.failure?.origin).toBe("local");
    expect(outputTypes(client.outputs).slice(-2)).toEqual(["failed", "closeTransport"]);
    converse({ client, server });
    expect(joined(client.wire)).toHaveLength(88);
    expect(server.channel.failure?.code).toBe("abandoned");
    client.check();
  });

  it("ST-005 ST-016: is given once, and only where it was asked for", () => {
    const misuse = (channel: ClientChannel) => {
      const { state } = channel;
      expect(() => channel.trust()).toThrow(UsageError);
      expect(() => channel.reject()).toThrow(UsageError);
      expect(channel.state).toBe(state);
    };
    const { client, server } = judging();
    client.do(client.channel.trust());
    misuse(client.channel);
    converse({ client, server });
    misuse(client.channel);
    expect(client.channel.state).toBe("Open");

    const rejected = judging().client;
    rejected.do(rejected.channel.reject());
    misuse(rejected.channel);
    misuse(testClient({ firstUse: true }));
    const knowing = testClient();
    knowing.start();
    misuse(knowing);
    const failed = judging().client;
    failed.do(failed.channel.transportFailed(new Error("reset")));
    misuse(failed.channel);
  });

  it("ST-021 HS-117: lets the application write, and sends nothing of it before the Response", () => {
    const { client, server } = judging();
    expect(client.channel.write(pattern(33, 1))).toEqual([]);
    expect(client.channel.queuedBytes).toBe(33);
    const from = client.wire.length;
    client.do(client.channel.trust());
    expect(client.wire.slice(from).map(({ length }) => length)).toEqual([96, 2 + 3 + 33 + 16]);
    expect(client.channel.queuedBytes).toBe(0);
    converse({ client, server });
    expect(server.outputs).toContainEqual({ type: "data", bytes: pattern(33, 1) });
  });

  it("HS-119 HS-120 HS-122: may take as long as the handshake's deadline, then there is silence", () => {
    const { client, clock } = judging();
    expect(client.channel.deadline).toBe(10_050);
    clock.now = 10_049;
    expect(client.channel.tick()).toEqual([]);
    clock.now = 10_050;
    client.do(client.channel.tick());
    const reason = { code: "timeout", what: "handshake", state: "Judging" };
    expect(client.channel.failure?.reason).toEqual(reason);
    expect(joined(client.wire)).toHaveLength(88);
    client.check();
  });
});

describe("what comes meanwhile", () => {
  it("HS-065 ST-011: a Verdict is kept, and judged after the Response", () => {
    const { client } = judgingLate();
    const from = client.outputs.length;
    client.do(client.channel.trust());
    expect(outputTypes(client.outputs.slice(from))).toEqual([
      "dh",
      "transmit",
      "alert",
      "failed",
      "closeTransport",
    ]);
    expect(client.channel.failure?.reason).toEqual(gone);
    client.check();
  });

  it("ST-012: with an end of file behind it, as well", () => {
    const { client } = judgingLate();
    expect(client.channel.transportEnded()).toEqual([]);
    expect(client.channel.state).toBe("Judging");
    client.do(client.channel.trust());
    expect(client.channel.failure?.reason).toEqual(gone);
  });

  it("ST-012 HS-104: an end of file behind half a Verdict is a truncation, after the Response", () => {
    const { client, server } = judging();
    server.do(server.channel.alert("going_away"));
    client.receive(server.flush().subarray(0, 100));
    expect(client.channel.transportEnded()).toEqual([]);
    const from = client.outputs.length;
    client.do(client.channel.trust());
    expect(outputTypes(client.outputs.slice(from))).toEqual(["dh", "transmit", "failed", "closeTransport"]);
    expect(client.channel.failure?.reason).toEqual({ code: "truncated", state: "AwaitVerdict" });
  });

  it("ST-012: an end of file with nothing before it is a truncation at once", () => {
    const { client } = judging();
    client.do(client.channel.transportEnded());
    expect(client.channel.failure?.reason).toEqual({ code: "truncated", state: "Judging" });
    expect(client.channel.state).toBe("Failed");
    expect(joined(client.wire)).toHaveLength(88);
  });

  it("ST-015: a reset fails it at once, whatever is kept", () => {
    const { client } = judgingLate();
    const cause = new Error("reset");
    client.do(client.channel.transportFailed(cause));
    expect(client.channel.failure?.reason).toEqual({ code: "truncated", state: "Judging", cause });
    expect(client.has("alert")).toBe(false);
  });

  it("ST-012 ST-013: rejecting does not look at what is kept", () => {
    const { client } = judgingLate();
    client.do(client.channel.transportEnded());
    client.do(client.channel.reject());
    expect(client.channel.failure?.code).toBe("untrusted");
    expect(client.has("alert")).toBe(false);
  });

  it("ST-008 ST-009: is held up to 65,537 bytes, then reading stops", () => {
    const { client } = judging();
    client.receive(pattern(65_536, 1));
    expect(client.channel.reading).toBe(true);
    client.receive(Uint8Array.of(1));
    expect(client.channel.reading).toBe(false);
    expect(client.channel.deadline).toBe(10_050);
  });
});

describe("a refusal on first use", () => {
  it.each([alertCodes.no_route, alertCodes.busy, alertCodes.going_away, 0xfffe])(
    "HS-060 SC-024: by code %i is reported as not authenticated",
    (code) => {
      const client = new Actor(testClient({ firstUse: true }));
      client.do(client.channel.start());
      client.receive(challengeFor(client.flush(), serverKey, code));
      expect(client.channel.failure?.reason).toEqual({
        code: "refused",
        by: "unauthenticated",
        alert: code,
        publicKey: serverKey.publicKey,
      });
      expect(client.has("peerKey")).toBe(false);
      expect(joined(client.wire)).toHaveLength(88);
      client.check();
    },
  );
});

describe("the Hello of a client that knows nobody", () => {
  it("RT-007: has 48 random bytes of its own for a route, like any other to look at", () => {
    const asked: number[] = [];
    const randomBytes = (length: number) => {
      asked.push(length);
      return pattern(length, asked.length);
    };
    const client = testClient({ firstUse: true, randomBytes });
    const [hello] = client.start();
    expect(asked).toEqual([32, 48]);
    expect(hello?.type === "transmit" && hello.bytes.subarray(40)).toEqual(pattern(48, 2));
  });
});
