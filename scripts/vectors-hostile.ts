/** The scenes of a hostile server after its Accept, and of Alerts both ways. */
import { ascii, concat, fromHex, u16, zeros } from "../properties/reference/primitives.ts";
import { type Check, encodeAlert, encodePlaintext } from "../properties/reference/record.ts";
import { CODES } from "../properties/reference/talk.ts";
import { bothClose, opened } from "./vectors-acts.ts";
import type { Vector } from "./vectors-format.ts";
import type { Scene } from "./vectors-scene.ts";
import { flip, put } from "./vectors-setting.ts";

const ping = ascii("ping-001");

/** The client fails by a record, after one that it must have delivered. */
function failing(
  slug: string,
  title: string,
  requirements: readonly string[],
  event: string,
  answer: { check?: Check; code: number },
  act: (s: Scene) => void,
): Vector {
  return opened(`server-${slug}`, `A hostile server: ${title}`, requirements, { plays: ["client"] }, (s) => {
    s.record("server", "Data", "delivered before");
    act(s);
    const { check, code } = answer;
    s.fails("client", event, { answer: code, ...(check === undefined ? {} : { check }) });
    s.alert("client", code);
  });
}

export function hostileServer(): Vector[] {
  const bad: [string, string, string[], Check, (s: Scene) => void][] = [
    [
      "altered",
      "a record altered on its way",
      ["RC-013"],
      "cipher",
      (s) => s.hostile("server", "Data", encodePlaintext(0, ascii("not delivered")), flip(2)),
    ],
    ["length", "a length of 0", ["RC-012"], "length", (s) => s.raw("server", u16(0))],
    [
      "type",
      "type 255",
      ["RC-014"],
      "type",
      (s) => s.hostile("server", "type 255", encodePlaintext(255, zeros(0))),
    ],
    [
      "size",
      "a size past the end",
      ["RC-015"],
      "size",
      (s) => s.hostile("server", "Data", encodePlaintext(0, ascii("abc"), 6, 4)),
    ],
    [
      "padding",
      "a first byte of padding that is not zero",
      ["RC-016"],
      "padding",
      (s) => s.hostile("server", "Data", put(6, Uint8Array.of(1))(encodePlaintext(0, ascii("abc"), 64))),
    ],
    [
      "data-empty",
      "empty Data",
      ["RC-017", "RC-025"],
      "body",
      (s) => s.hostile("server", "Data", encodePlaintext(0, zeros(0))),
    ],
    [
      "ping-long",
      "a Ping of 9 bytes",
      ["RC-017"],
      "body",
      (s) => s.hostile("server", "Ping", encodePlaintext(4, zeros(9))),
    ],
    [
      "pong-empty",
      "a Pong of no bytes",
      ["RC-017"],
      "body",
      (s) => s.hostile("server", "Pong", encodePlaintext(5, zeros(0))),
    ],
    [
      "accept-body",
      "an Accept with a body: the body comes before the state",
      ["RC-011", "RC-017"],
      "body",
      (s) => s.hostile("server", "Accept", encodePlaintext(2, zeros(1))),
    ],
    ["replayed", "a record twice", ["RC-003", "RC-013"], "cipher", (s) => s.replay("server")],
  ];
  const unexpected: [string, string, string[], string, (s: Scene) => void][] = [
    [
      "accept",
      "a second Accept",
      ["RC-027"],
      "record.accept",
      (s) => s.hostile("server", "Accept", encodePlaintext(2, zeros(0))),
    ],
    [
      "data-after-close",
      "Data after its Close",
      ["RC-030"],
      "record.data",
      (s) => {
        s.record("server", "Close");
        s.hostile("server", "Data", encodePlaintext(0, ascii("not delivered")));
      },
    ],
    [
      "close-twice",
      "a second Close",
      ["RC-030"],
      "record.close",
      (s) => {
        s.record("server", "Close");
        s.hostile("server", "Close", encodePlaintext(3, zeros(0)));
      },
    ],
    [
      "pong-unasked",
      "a Pong that nobody asked for",
      ["RC-044"],
      "record.pongUnexpected",
      (s) => s.hostile("server", "Pong", encodePlaintext(5, ping)),
    ],
    [
      "pong-twice",
      "a Pong twice",
      ["RC-044"],
      "record.pongUnexpected",
      (s) => {
        s.record("client", "Ping", ping);
        s.record("server", "Pong", ping);
        s.hostile("server", "Pong", encodePlaintext(5, ping));
      },
    ],
    [
      "ping-excess",
      "a Ping while a Pong is owed",
      ["RC-040", "RC-043", "RC-045"],
      "record.pingExcess",
      (s) => {
        s.record("server", "Ping", ping);
        s.record("client", "Pong", ping);
        s.hostile("server", "Ping", encodePlaintext(4, ping));
      },
    ],
  ];
  return [
    ...bad.map(([slug, title, ids, check, act]) =>
      failing(slug, title, [...ids, "RC-019"], "record.bad", { check, code: CODES.bad_record }, act),
    ),
    ...unexpected.map(([slug, title, ids, event, act]) =>
      failing(slug, title, [...ids, "RC-020"], event, { code: CODES.unexpected_record }, act),
    ),
    failing(
      "skipped",
      "the record after the next",
      ["RC-004", "RC-013", "RC-019"],
      "record.bad",
      { check: "cipher", code: CODES.bad_record },
      (s) => s.missealed("server", { ...s.transport.server, nonce: s.transport.server.nonce + 1n }),
    ),
    failing(
      "reflected",
      "the client's own record sent back to it",
      ["RC-003", "RC-013", "RC-019", "HS-105"],
      "record.bad",
      { check: "cipher", code: CODES.bad_record },
      (s) => s.missealed("server", s.transport.client),
    ),
    opened(
      "stream-pings",
      "A second Ping is allowed once the Pong's last byte has been handed over",
      ["RC-037", "RC-038", "RC-040", "RC-041"],
      { plays: ["client", "server"] },
      (s) => {
        s.record("client", "Ping", ping);
        s.record("server", "Pong", ping);
        s.call("server", { call: "flushed" });
        s.record("client", "Ping", ascii("ping-002"));
        s.record("server", "Pong", ascii("ping-002"));
        bothClose(s);
      },
    ),
    opened(
      "record-ping-excess",
      "A second Ping while the Pong is owed",
      ["RC-020", "RC-040", "RC-043"],
      { plays: ["server"] },
      (s) => {
        s.record("client", "Data", "delivered before");
        s.record("client", "Ping", ping);
        s.record("server", "Pong", ping);
        s.hostile("client", "Ping", encodePlaintext(4, ascii("ping-002")));
        s.fails("server", "record.pingExcess", { answer: CODES.unexpected_record });
        s.alert("server", CODES.unexpected_record);
      },
    ),
  ];
}

export function alerts(): Vector[] {
  const malformed: [string, string, Uint8Array, Check][] = [
    ["short", "a body of one byte", encodePlaintext(1, Uint8Array.of(1)), "body"],
    ["empty", "no body", encodePlaintext(1, zeros(0)), "body"],
    ["size", "a size past the end", encodePlaintext(1, u16(1), 5, 3), "size"],
    ["high", "words past U+10FFFF", encodePlaintext(1, fromHex("0001f4908080")), "body"],
    ["cut", "words that end inside a character", encodePlaintext(1, fromHex("0001e280")), "body"],
  ];
  const ends = (["client", "server"] as const).flatMap((from) => [
    opened(
      `alert-of-${from}`,
      `Every byte that the ${from} wrote is delivered before its Alert; the longest words there can be`,
      ["AL-006", "AL-008", "AL-011", "AL-021", "RC-026"],
      { plays: ["client", "server"] },
      (s) => {
        const other = from === "client" ? "server" : "client";
        const words = "€".repeat(341);
        s.record(from, "Data", "before the end");
        s.record(from, "Alert", encodeAlert(0xffff, words));
        s.fails(from, "alert", { answer: 0xffff });
        s.fails(other, "record.alert", { received: 0xffff, words });
      },
    ),
  ]);
  return [
    ...ends,
    ...malformed.map(([slug, title, plaintext, check]) =>
      opened(
        `alert-malformed-${slug}`,
        `An Alert with ${title}: fatal, and not answered`,
        ["AL-024", "AL-013", "RC-017"],
        { plays: ["client"] },
        (s) => {
          s.record("server", "Data", "delivered before");
          s.hostile("server", "Alert", plaintext);
          s.fails("client", "record.malformedAlert", { check });
        },
      ),
    ),
    opened(
      "alert-cut",
      "Words are cut at the boundary of a character: 1,026 to 1,023",
      ["AL-011"],
      { plays: ["client", "server"] },
      (s) => {
        const kept = "x".repeat(1_023);
        s.call("server", { call: "alert", code: 0x8000, message: `${kept}€` });
        s.fails("server", "alert", { answer: 0x8000 });
        s.record("server", "Alert", encodeAlert(0x8000, kept), true);
        s.fails("client", "record.alert", { received: 0x8000, words: kept });
      },
    ),
    opened(
      "alert-unknown",
      "A code that nobody has defined, without words: terminal as any other",
      ["AL-003", "AL-022"],
      { plays: ["server"] },
      (s) => {
        s.record("client", "Alert", encodeAlert(0x0fff, ""));
        s.fails("server", "record.alert", { received: 0x0fff });
      },
    ),
    opened(
      "alert-then-data",
      "What follows an Alert in its direction is discarded unopened",
      ["AL-023"],
      { plays: ["client"] },
      (s) => {
        s.record("server", "Data", "delivered");
        s.record("server", "Alert", encodeAlert(CODES.internal_error, ""));
        s.fails("client", "record.alert", { received: CODES.internal_error });
        s.hostile("server", "Data", encodePlaintext(0, ascii("not delivered")));
        s.raw("server", concat(fromHex("0001"), zeros(20)));
      },
    ),
    opened(
      "alert-crossing",
      "An Alert that crosses the own one is dropped: the client reports the reason of its own",
      ["AL-007", "AL-027", "ST-027"],
      { plays: ["client"] },
      (s) => {
        s.record("client", "Alert", encodeAlert(0x8001, "mine"));
        s.fails("client", "alert", { answer: 0x8001 });
        s.record("server", "Alert", encodeAlert(0x8002, "and mine"));
      },
    ),
    opened(
      "alert-not-authorized-later",
      "Authorisation withdrawn in the open channel",
      ["AL-005", "AL-021"],
      { plays: ["client", "server"] },
      (s) => {
        s.record("server", "Data", "so far");
        s.record("server", "Alert", encodeAlert(CODES.not_authorized, "withdrawn"));
        s.fails("server", "alert", { answer: CODES.not_authorized });
        s.fails("client", "record.alert", { received: CODES.not_authorized, words: "withdrawn" });
      },
    ),
  ];
}
