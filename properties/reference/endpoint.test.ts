import { describe, expect, it } from "vitest";
import { failed, ping, refuse, script, simple, write } from "./calls.ts";
import { converse } from "./converse.ts";
import { type Client, runClient, runServer, type Server } from "./endpoint.ts";
import {
  challenge,
  encodeContext,
  exporterSecret,
  hello,
  makeHeader,
  readChallenge,
  response,
  transportKeys,
  verdictKey,
} from "./messages.ts";
import { ascii, concat, equal, publicOf, u16, zeros } from "./primitives.ts";
import {
  encodeAlert,
  encodePlaintext,
  fresh,
  MAX_BODY,
  noPadding,
  padme,
  sealRecord,
  verdictRecord,
} from "./record.ts";
import { CODES, deliveredBytes, sentBytes } from "./talk.ts";
import type { Call } from "./timeline.ts";

const key = (byte: number) => new Uint8Array(32).fill(byte);
const serverKey = publicOf(key(3));
const client: Client = {
  staticSecret: key(1),
  ephemeralSecret: key(2),
  serverKey,
  via: null,
  random48: new Uint8Array(48).fill(0x72),
  context: "",
  padding: noPadding,
};
const server: Server = {
  staticSecrets: [key(3)],
  ephemeralSecret: key(4),
  contexts: null,
  stealth: false,
  serves: true,
  route: null,
  padding: noPadding,
};

const HELLO = 88;
const RESPONDED = 184;
const ACCEPTED = 98 + 274;
const accept = [simple(RESPONDED, "accept")];
const flip = (at: number) => (bytes: Uint8Array) => bytes.map((byte, i) => (i === at ? byte ^ 1 : byte));

describe("the reference's two ends", () => {
  it("agree on keys, context, transcript and exporter, and deliver both ways", () => {
    const both = converse(
      { ...client, context: "ssh", padding: padme },
      { calls: [write(0, "early"), write(ACCEPTED, "late"), simple(ACCEPTED, "close")] },
      { ...server, contexts: ["ssh"] },
      { calls: [...accept, write(RESPONDED, "answer"), simple(RESPONDED, "close")] },
    );
    expect(deliveredBytes(both.server)).toEqual(ascii("earlylate"));
    expect(deliveredBytes(both.client)).toEqual(ascii("answer"));
    expect(both.client.peerKey).toEqual(serverKey);
    expect(both.server.peerKey).toEqual(publicOf(key(1)));
    expect(both.server.context).toEqual(encodeContext("ssh"));
    expect(both.client.h3).toEqual(both.server.h3);
    expect(both.client.exporter).toEqual(both.server.exporter);
    for (const account of [both.client, both.server]) {
      expect(account.outcome).toEqual({ state: "closed" });
      expect(account.halfClosed).toBe(true);
      expect(account.misused).toEqual([]);
    }
  });

  it("go on in one direction after the other's Close, and answer pings", () => {
    const both = converse(client, { calls: [simple(0 + 98, "close"), ping(ACCEPTED, 7)] }, server, {
      calls: [...accept, write(RESPONDED + 21, "still here")],
    });
    expect(both.client.outcome).toEqual({ state: "waiting", where: "HalfClosedLocal" });
    expect(both.server.outcome).toEqual({ state: "waiting", where: "HalfClosedRemote" });
    expect(both.server.peerClosed).toBe(true);
    expect(deliveredBytes(both.client)).toEqual(ascii("still here"));
    expect(both.client.pongs).toBe(1);
  });

  const first = (via: Uint8Array | null, expected: Uint8Array | null): Client => ({
    ...client,
    serverKey: expected,
    via,
  });
  const middlebox: Server = { ...server, staticSecrets: [key(9)], serves: false };
  const via = publicOf(key(9));
  const routes: [string, Client, Server, string, string, number | null][] = [
    [
      "names the older of two keys",
      client,
      { ...server, staticSecrets: [key(8), key(3)] },
      "waiting",
      "waiting",
      null,
    ],
    ["does not open at a server", first(via, serverKey), server, "waiting", "waiting", null],
    [
      "does not open, stealth",
      first(via, serverKey),
      { ...server, stealth: true },
      "waiting",
      "hello.hidden",
      null,
    ],
    ["opens, stealth", client, { ...server, stealth: true }, "waiting", "waiting", null],
    [
      "does not open and the key is another",
      first(null, publicOf(key(7))),
      server,
      "challenge.mismatch",
      "waiting",
      null,
    ],
    [
      "opens and names another key",
      first(via, serverKey),
      { ...server, staticSecrets: [key(9)] },
      "challenge.middlebox",
      "hello.refuse",
      4,
    ],
    [
      "names an unreachable server",
      first(via, serverKey),
      { ...middlebox, route: () => "unreachable" },
      "challenge.middlebox",
      "refuse",
      11,
    ],
    [
      "names a server that is reached",
      first(via, serverKey),
      { ...middlebox, route: () => "forward" },
      "waiting",
      "forwarded",
      null,
    ],
    ["names a middlebox's own key", first(null, via), middlebox, "challenge.refused", "hello.refuse", 4],
    [
      "is random, at a middlebox",
      first(null, null),
      middlebox,
      "challenge.refusedFirstUse",
      "hello.refuse",
      4,
    ],
    [
      "does not open at a middlebox",
      first(null, serverKey),
      middlebox,
      "challenge.mismatch",
      "hello.refuse",
      4,
    ],
  ];
  it.each(routes)(
    "RT-011: a route that %s",
    (_, clientParameters, serverParameters, clientEnds, serverEnds, code) => {
      const both = converse(clientParameters, { calls: [] }, serverParameters, { calls: [] });
      expect([failed(both.client), failed(both.server)]).toEqual([clientEnds, serverEnds]);
      expect(both.server.alerted).toBe(code);
      if (serverEnds === "hello.hidden") expect(both.server.sent).toEqual([]);
    },
  );

  it("RT-012, RT-013: a limit goes before no_route, with the same key; ST-017: the first of two counts", () => {
    const calls = [refuse(0, CODES.busy), refuse(5, CODES.going_away)];
    const box = converse(first(via, serverKey), { calls: [] }, middlebox, { calls });
    expect(box.client.outcome).toEqual({ state: "failed", event: "challenge.middlebox", code: CODES.busy });
    const own = converse(client, { calls: [] }, server, { calls });
    expect(own.client.outcome).toEqual({ state: "failed", event: "challenge.refused", code: CODES.busy });
    const hidden = converse(first(via, serverKey), { calls: [] }, { ...server, stealth: true }, { calls });
    expect(hidden.server.sent).toEqual([]);
  });

  it("HS-061, HS-062: first use shows the key, then goes on or says nothing", () => {
    const unknown = first(null, null);
    const trusting = converse(unknown, { calls: [write(0, "x"), simple(98, "trust")] }, server, {
      calls: accept,
    });
    expect(failed(trusting.client)).toBe("waiting");
    expect(deliveredBytes(trusting.server)).toEqual(ascii("x"));
    const rejecting = converse(unknown, { calls: [simple(98, "distrust")] }, server, { calls: accept });
    expect(rejecting.client.peerKey).toEqual(serverKey);
    expect(sentBytes(rejecting.client).length).toBe(HELLO);
    const judging = converse(unknown, { calls: [] }, server, { calls: accept });
    expect(judging.client.outcome).toEqual({ state: "waiting", where: "Judging" });
    expect(sentBytes(judging.client).length).toBe(HELLO);
  });

  it("HS-113, HS-114: early data stops at 65,537 bytes on the wire, the rest comes after Accept", () => {
    const data = new Uint8Array(2 * MAX_BODY).map((_, i) => i % 251);
    const calls = [write(0, data.slice(0, 100)), write(98, data.slice(100)), simple(98, "close")];
    const before = converse(client, { calls }, server, { calls: [] });
    expect(sentBytes(before.client).length).toBe(RESPONDED + 65_537);
    expect(before.client.outcome).toEqual({ state: "waiting", where: "AwaitVerdict" });
    const after = converse(client, { calls }, server, { calls: accept });
    expect(equal(deliveredBytes(after.server), data)).toBe(true);
    expect(after.server.peerClosed).toBe(true);
  });

  const refusals: [string, Partial<Client>, readonly Call[], number, string][] = [
    ["wrong_context", { context: "other" }, accept, CODES.wrong_context, "response.wrongContext"],
    ["not_authorized", {}, [refuse(RESPONDED, CODES.not_authorized)], CODES.not_authorized, "refuse"],
    ["timeout", {}, [simple(RESPONDED, "deadline")], CODES.timeout, "time.handshake"],
    ["timeout before the Response", {}, [simple(HELLO, "deadline")], CODES.timeout, "time.handshake"],
  ];
  it.each(refusals)("a Verdict that refuses: %s", (_, changes, calls, code, event) => {
    const both = converse({ ...client, ...changes }, { calls: [write(98, "secret")] }, server, { calls });
    expect(failed(both.server)).toBe(event);
    expect(both.server.alerted).toBe(code);
    expect(both.server.delivered).toEqual([]);
    expect(both.client.outcome).toEqual({ state: "failed", event: "verdict.alert", code, message: "" });
    expect(both.client.alerted).toBeNull();
  });

  const flips: [string, "client" | "server", number, string, string][] = [
    ["magic", "server", 0, "waiting", "header.alien"],
    ["version", "server", 4, "waiting", "header.unsupported"],
    ["suite", "server", 5, "waiting", "header.unsupported"],
    ["flags", "server", 7, "waiting", "header.unsupported"],
    ["client's ephemeral key", "server", 8, "challenge.bad", "waiting"],
    ["route", "server", 87, "challenge.bad", "waiting"],
    ["server's ephemeral key", "client", 0, "challenge.bad", "waiting"],
    ["server's key", "client", 32, "challenge.bad", "waiting"],
    ["Challenge code", "client", 97, "challenge.bad", "waiting"],
    ["client's key", "server", 88, "verdict.alert", "response.bad"],
    ["context", "server", 183, "verdict.alert", "response.bad"],
    ["Verdict", "client", 100, "verdict.bad", "record.alert"],
  ];
  it.each(flips)("a bit flipped on the way: %s", (_, victim, at, clientEnds, serverEnds) => {
    const both = converse(
      client,
      victim === "client" ? { calls: [], tamper: flip(at) } : { calls: [] },
      server,
      victim === "server" ? { calls: accept, tamper: flip(at) } : { calls: accept },
    );
    expect([failed(both.client), failed(both.server)]).toEqual([clientEnds, serverEnds]);
    expect(both.client.opened).toBe(false);
  });
});

describe("the reference's client, where the transport ends", () => {
  const h = hello(client.ephemeralSecret, makeHeader(), { serverKey, via: serverKey });
  if (h === "zero") throw new Error("zero");
  const c = challenge(h.bytes, key(4), key(3), 0);
  if (c === "zero") throw new Error("zero");
  const verdict = verdictRecord(verdictKey(c.state), "Accept", zeros(0));

  const ends: [string, Uint8Array, "eof" | "reset", string][] = [
    ["nothing", zeros(0), "eof", "eof"],
    ["a hint", makeHeader(2), "eof", "eof.hint"],
    ["a hint and a reset", makeHeader(2), "reset", "reset"],
    ["seven bytes", makeHeader(2).slice(0, 7), "eof", "eof.partial"],
    ["eight bytes of something else", ascii("HTTP/1.1"), "eof", "eof.partial"],
    ["nine bytes", concat(makeHeader(2), zeros(1)), "eof", "eof.partial"],
    ["all but one byte of a Challenge", c.bytes.slice(0, 97), "eof", "eof.partial"],
    ["a Challenge", c.bytes, "eof", "eof"],
    ["a Challenge and some of a Verdict", concat(c.bytes, verdict.slice(0, 50)), "eof", "eof.partial"],
    ["a Verdict", concat(c.bytes, verdict), "eof", "eof"],
  ];
  it.each(ends)("after %s", (_, input, end, event) => {
    const account = runClient(client, script(input, end));
    expect(failed(account)).toBe(event);
    expect(account.alerted).toBeNull();
    expect(account.halfClosed).toBe(false);
  });

  it("ST-012: in Judging, at once with nothing held, else in its place", () => {
    const unknown = { ...client, serverKey: null };
    const hi = hello(unknown.ephemeralSecret, makeHeader(), { random48: unknown.random48 });
    if (hi === "zero") throw new Error("zero");
    const ch = challenge(hi.bytes, key(4), key(3), 0);
    if (ch === "zero") throw new Error("zero");
    const alert = verdictRecord(verdictKey(ch.state), "Alert", encodeAlert(CODES.timeout, "slow"));
    const late = (input: Uint8Array) =>
      runClient(unknown, script(input, "eof", [simple(input.length + 1, "trust")]));
    expect(failed(late(ch.bytes))).toBe("eof");
    expect(sentBytes(late(ch.bytes))).toEqual(hi.bytes);
    expect(late(concat(ch.bytes, alert)).outcome).toMatchObject({
      event: "verdict.alert",
      code: CODES.timeout,
    });
    expect(failed(late(concat(ch.bytes, alert.slice(0, 9))))).toBe("eof.partial");
  });

  it("HS-102, AL-024, RC-012: a Verdict of another type, a malformed Alert, a length that no record has", () => {
    const with_ = (record: Uint8Array) => runClient(client, script(concat(c.bytes, record)));
    const sealed = (plaintext: Uint8Array) => sealRecord(fresh(verdictKey(c.state)), plaintext).wire;
    const data = with_(sealed(encodePlaintext(0, ascii("x"))));
    expect([failed(data), data.alerted, data.delivered]).toEqual([
      "verdict.unexpected",
      CODES.unexpected_record,
      [],
    ]);
    const malformed = with_(sealed(encodePlaintext(1, u16(0))));
    expect([failed(malformed), malformed.alerted]).toEqual(["verdict.malformedAlert", null]);
    const short = with_(u16(18));
    expect([failed(short), short.alerted]).toEqual(["verdict.bad", CODES.bad_record]);
  });

  it("HS-059: the via key with code 0 is not the server's", () => {
    const via = publicOf(key(9));
    const hv = hello(client.ephemeralSecret, makeHeader(), { serverKey, via });
    if (hv === "zero") throw new Error("zero");
    const answer = (code: number) => {
      const cv = challenge(hv.bytes, key(4), key(9), code);
      if (cv === "zero") throw new Error("zero");
      return runClient({ ...client, via }, script(cv.bytes));
    };
    expect(failed(answer(0))).toBe("challenge.mismatch");
    expect(sentBytes(answer(0))).toEqual(hv.bytes);
    expect(failed(answer(CODES.unreachable))).toBe("challenge.middlebox");
  });

  it("HS-018, HS-019: refuse what is wrongly configured before anything is sent", () => {
    for (const wrong of [
      { serverKey: null, via: serverKey },
      { serverKey: zeros(32), via: serverKey },
      { serverKey, via: zeros(32) },
    ]) {
      const account = runClient({ ...client, ...wrong }, script(zeros(0)));
      expect(failed(account)).toBe("configuration");
      expect(account.sent).toEqual([]);
    }
  });

  it("HS-064: a client that fails or is closed before its Response says nothing", () => {
    for (const call of [simple(0, "close"), simple(0, "deadline")]) {
      const account = runClient(client, script(c.bytes, "none", [write(0, "x"), call]));
      expect(account.outcome.state).toBe("failed");
      expect(sentBytes(account)).toEqual(h.bytes);
    }
  });
});

describe("the reference's server, where the transport ends", () => {
  const h = hello(client.ephemeralSecret, makeHeader(), { serverKey, via: serverKey });
  if (h === "zero") throw new Error("zero");
  const c = challenge(h.bytes, key(4), key(3), 0);
  if (c === "zero") throw new Error("zero");
  const read = readChallenge(h.bytes, key(2), c.bytes);
  if (read === "bad") throw new Error("bad");
  const r = response(read.state, key(1), read.serverE, zeros(32));
  const keys = transportKeys(r.state);
  const early = sealRecord(fresh(keys.client), encodePlaintext(0, ascii("early")));
  const close = sealRecord(early.next, encodePlaintext(3, zeros(0)));
  const upTo = concat(h.bytes, r.bytes);

  const ends: [string, Uint8Array, string][] = [
    ["nothing (ST-023)", zeros(0), "closed"],
    ["half a header (ST-024)", h.bytes.slice(0, 4), "eof.partial"],
    ["half a Hello", h.bytes.slice(0, 60), "eof.partial"],
    ["a Hello (ST-025)", h.bytes, "eof"],
    ["half a Response (ST-025)", upTo.slice(0, 100), "eof.partial"],
    ["a Response (ST-013)", upTo, "eof"],
    ["early data, no Close", concat(upTo, early.wire), "eof"],
    ["half a record", concat(upTo, early.wire.slice(0, 9)), "eof.partial"],
    ["early data and Close", concat(upTo, early.wire, close.wire), "waiting"],
  ];
  it.each(ends)("after %s", (_, input, event) => {
    const account = runServer(server, script(input, "eof", [simple(input.length + 1, "accept")]));
    expect(failed(account)).toBe(event);
    expect(account.alerted).toBeNull();
    if (input.length > RESPONDED + 10) expect(deliveredBytes(account)).toEqual(ascii("early"));
    if (account.opened) expect(account.exporter).toEqual(exporterSecret(r.state));
  });

  it("RC-032: after Close and end of file the own direction goes on, without pings", () => {
    const input = concat(upTo, close.wire);
    const end = concat(upTo, early.wire, close.wire);
    expect(failed(runServer(server, script(input, "eof", accept)))).toBe("record.bad");
    const after = end.length + 1;
    const calls = [
      ...accept,
      ping(end.length, 1),
      ping(after, 2),
      write(after, "bye"),
      simple(after, "close"),
    ];
    const account = runServer(server, script(end, "eof", calls));
    expect(account.outcome).toEqual({ state: "closed" });
    expect(account.misused).toEqual([calls[2]]);
  });
});
