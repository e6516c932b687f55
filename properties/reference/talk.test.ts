import { describe, expect, it } from "vitest";
import { failed, ping, script, simple, write } from "./calls.ts";
import { ascii, concat, u16 } from "./primitives.ts";
import {
  type Direction,
  encodeAlert,
  encodePlaintext,
  fresh,
  noPadding,
  sealRecord,
  type TypeName,
  typeNumber,
} from "./record.ts";
import { type Account, blank, CODES, deliveredBytes, type Sender, talk } from "./talk.ts";
import { type Call, type Script, start } from "./timeline.ts";

const key = (byte: number) => new Uint8Array(32).fill(byte);

describe("the reference's records, once open", () => {
  const us = key(5);
  const them = key(6);
  /** Plays records of the peer's, sealed in turn, to an end that is open. */
  function play(
    records: readonly [TypeName | number, Uint8Array | string][],
    calls: readonly Call[] = [],
    end: Script["end"] = "none",
    from: Direction = fresh(them),
    own: Direction = fresh(us),
  ): Account {
    let direction = from;
    const wires = records.map(([type, body]) => {
      const number = typeof type === "number" ? type : typeNumber(type);
      const sealed = sealRecord(
        direction,
        encodePlaintext(number, typeof body === "string" ? ascii(body) : body),
      );
      direction = sealed.next;
      return sealed.wire;
    });
    const sender: Sender = { direction: own, padding: noPadding, closed: false };
    return talk(blank("Open"), script(concat(...wires), end, calls), start(), 0, sender, from);
  }
  const eight = new Uint8Array(8).fill(1);
  const PING = 2 + 3 + 8 + 16;

  const unexpected: [string, [TypeName, Uint8Array | string][]][] = [
    ["record.accept", [["Accept", ""]]],
    [
      "record.data",
      [
        ["Close", ""],
        ["Data", "x"],
      ],
    ],
    [
      "record.close",
      [
        ["Close", ""],
        ["Close", ""],
      ],
    ],
    ["record.pongUnexpected", [["Pong", eight]]],
    [
      "record.pingExcess",
      [
        ["Ping", eight],
        ["Ping", eight],
      ],
    ],
  ];
  it.each(unexpected)("RC-018: %s is answered by unexpected_record", (event, records) => {
    const account = play(records);
    expect([failed(account), account.alerted]).toEqual([event, CODES.unexpected_record]);
  });

  it("RC-043: a second Ping is all right once the first Pong was flushed", () => {
    const account = play(
      [
        ["Ping", eight],
        ["Ping", eight],
      ],
      [simple(PING, "flushed")],
    );
    expect(account.outcome).toEqual({ state: "waiting", where: "Open" });
    expect(account.sent.length).toBe(2);
  });

  it("RC-044: a Pong has to bring the Ping's bytes, once", () => {
    expect(play([["Pong", eight]], [ping(0, 1)]).pongs).toBe(1);
    expect(failed(play([["Pong", eight]], [ping(0, 2)]))).toBe("record.pongUnexpected");
    expect(
      failed(
        play(
          [
            ["Pong", eight],
            ["Pong", eight],
          ],
          [ping(0, 1)],
        ),
      ),
    ).toBe("record.pongUnexpected");
  });

  it("RC-023, RC-026: data before a failure is delivered, none after it", () => {
    const account = play([
      ["Data", "ab"],
      [9, "x"],
      ["Data", "cd"],
    ]);
    expect(account.outcome).toEqual({ state: "failed", event: "record.bad", check: "type" });
    expect(deliveredBytes(account)).toEqual(ascii("ab"));
  });

  it("AL-021, AL-022: an Alert is reported with its words and answered by nothing", () => {
    const account = play([
      ["Data", "ab"],
      ["Alert", encodeAlert(0x8001, "bye")],
      ["Data", "cd"],
    ]);
    expect(account.outcome).toEqual({ state: "failed", event: "record.alert", code: 0x8001, message: "bye" });
    expect([account.alerted, account.halfClosed, account.sent]).toEqual([null, false, []]);
    expect(deliveredBytes(account)).toEqual(ascii("ab"));
  });

  it("AL-024: a malformed Alert is answered by nothing", () => {
    const account = play([["Alert", u16(0)]]);
    expect(account.outcome).toEqual({ state: "failed", event: "record.malformedAlert", check: "body" });
    expect(account.sent).toEqual([]);
  });

  it("ST-005: misuse changes nothing; ST-018: a second close is none", () => {
    const calls = [
      simple(0, "close"),
      simple(0, "close"),
      write(0, "x"),
      ping(0, 1),
      ping(0, 2),
      simple(0, "accept"),
    ];
    const account = play([["Pong", eight]], calls);
    expect(account.misused).toEqual([calls[2], calls[4], calls[5]]);
    expect([account.sent.length, account.pongs]).toEqual([2, 1]);
    expect(account.outcome).toEqual({ state: "waiting", where: "HalfClosedLocal" });
  });

  it("RC-033, RC-034: truncated before the peer's Close, and by a reset after it", () => {
    expect(failed(play([["Data", "x"]], [], "eof"))).toBe("eof");
    const account = play(
      [
        ["Data", "x"],
        ["Close", ""],
      ],
      [],
      "reset",
    );
    expect([failed(account), account.peerClosed]).toEqual(["reset", true]);
  });

  it("RC-032, RC-033: after the peer's Close, end of file inside a record is a truncation", () => {
    const close = sealRecord(fresh(them), encodePlaintext(typeNumber("Close"), ascii("")));
    const started = sealRecord(close.next, encodePlaintext(typeNumber("Ping"), eight)).wire;
    const ending = (rest: Uint8Array) => {
      const sender: Sender = { direction: fresh(us), padding: noPadding, closed: false };
      return talk(blank("Open"), script(concat(close.wire, rest), "eof"), start(), 0, sender, fresh(them));
    };
    expect(failed(ending(started.slice(0, 0)))).toBe("waiting");
    for (const length of [1, 2, 3, started.length - 1]) {
      const account = ending(started.slice(0, length));
      expect([failed(account), account.peerClosed, account.alerted]).toEqual(["eof.partial", true, null]);
    }
  });

  it("RC-006, RC-007: the last nonces", () => {
    const last = 2n ** 64n - 2n;
    const sending = (nonce: bigint, call: Call) => play([], [call], "none", fresh(them), { key: us, nonce });
    const data = sending(last, write(0, "x"));
    expect([failed(data), data.alerted, data.sent.length]).toEqual(["nonce.last", CODES.internal_error, 1]);
    expect(sending(last, simple(0, "close")).outcome).toEqual({ state: "waiting", where: "HalfClosedLocal" });
    const none = sending(last + 1n, write(0, "x"));
    expect([failed(none), none.alerted, none.sent.length]).toEqual(["nonce.none", null, 0]);
    const received = play(
      [
        ["Data", "x"],
        ["Data", "y"],
      ],
      [],
      "none",
      { key: them, nonce: last },
    );
    expect([failed(received), received.sent.length]).toEqual(["nonce.none", 0]);
    expect(deliveredBytes(received)).toEqual(ascii("x"));
  });
});
