/** The scenes of the open channel: data, its end, rekeying, and the records that have to be refused. */
import { ascii, fromHex, u16, zeros } from "../properties/reference/primitives.ts";
import { type Check, encodePlaintext } from "../properties/reference/record.ts";
import { CODES } from "../properties/reference/talk.ts";
import { bothClose, opened } from "./vectors-acts.ts";
import type { Role, Vector } from "./vectors-format.ts";
import type { Scene } from "./vectors-scene.ts";
import { type Alter, flip, put } from "./vectors-setting.ts";

const EIGHT = ascii("ping-001");

/** A hostile client's record in an open channel, after one of data that must have been delivered. */
function refused(
  slug: string,
  title: string,
  requirements: readonly string[],
  name: string,
  plaintext: Uint8Array,
  check: Check,
  alter?: Alter,
): Vector {
  const plays: readonly Role[] = alter === undefined ? ["server"] : ["client", "server"];
  return opened(slug, title, requirements, { plays }, (s) => {
    s.record("client", "Data", "delivered before");
    s.hostile("client", name, plaintext, alter);
    if (name === "Alert") {
      s.fails("server", "record.malformedAlert", { check });
      return;
    }
    s.fails("server", "record.bad", { check, answer: CODES.bad_record });
    s.alert("server", CODES.bad_record);
  });
}

/** A record that parses and that its state does not allow: `before` leads there. */
function unexpected(
  slug: string,
  title: string,
  requirements: readonly string[],
  event: string,
  act: (s: Scene) => void,
): Vector {
  return opened(slug, title, requirements, { plays: ["server"] }, (s) => {
    s.record("client", "Data", "delivered before");
    act(s);
    s.fails("server", event, { answer: CODES.unexpected_record });
    s.alert("server", CODES.unexpected_record);
  });
}

const withByte = (plaintext: Uint8Array, at: number, byte: number) => put(at, Uint8Array.of(byte))(plaintext);

export function streams(): Vector[] {
  return [
    opened(
      "stream",
      "Data both ways, a Ping and its Pong, data after the other end's Close, both Closes",
      ["RC-001", "RC-003", "RC-024", "RC-028", "RC-035", "RC-037", "RC-046"],
      { plays: ["client", "server"] },
      (s) => {
        s.record("client", "Data", "first");
        s.record(
          "server",
          "Data",
          new Uint8Array(300).map((_, i) => i),
        );
        s.record("client", "Data", "second");
        s.record("client", "Ping", EIGHT);
        s.record("server", "Pong", EIGHT);
        s.record("client", "Close");
        s.record("server", "Data", "after the client's Close");
        s.record("server", "Close");
      },
    ),
    padded(),
    opened(
      "stream-alert",
      "An application's Alert after data: delivered, reported, not answered",
      ["AL-003", "AL-006", "AL-021", "AL-022", "AL-026", "RC-026"],
      { plays: ["client", "server"] },
      (s) => {
        s.record("server", "Data", "before the end");
        s.record("server", "Alert", fromHex("8001efbbbf62796520e2809320f09f918b"));
        s.fails("server", "alert", { answer: 0x8001 });
        s.fails("client", "record.alert", { received: 0x8001, words: "\ufeffbye – 👋" });
      },
    ),
    opened(
      "stream-truncated",
      "End of file without a Close, between two records: a truncation",
      ["RC-033"],
      { plays: ["server"] },
      (s) => {
        s.record("client", "Data", "delivered before");
        s.end("client");
        s.fails("server", "eof");
      },
    ),
    opened(
      "stream-rekey",
      "Record 65,535 is under the first key, 65,536 under the second, and the counter goes on",
      ["RC-005", "RC-004"],
      { plays: ["client", "server"] },
      (s) => {
        s.repeat("client", 65_534);
        for (const text of ["record 65,534", "record 65,535", "record 65,536", "record 65,537"]) {
          s.record("client", "Data", text);
        }
        s.record("server", "Data", "the other direction counts for itself");
        bothClose(s);
      },
    ),
  ];
}

function padded(): Vector {
  const title =
    "Both ends pad their records to a multiple of 64 bytes of plaintext: nothing of it is delivered";
  const requirements = ["RC-001", "RC-009", "RC-010", "RC-016"];
  return opened("stream-padded", title, requirements, { paddingBlock: 64 }, (s) => {
    s.record("client", "Data", "padded to 64");
    s.record("server", "Data", "x".repeat(61));
    s.record("server", "Data", "x".repeat(62));
    s.record("server", "Ping", EIGHT);
    s.record("client", "Pong", EIGHT);
    bothClose(s);
  });
}

export function recordFailures(): Vector[] {
  const data = encodePlaintext(0, ascii("not delivered"));
  return [
    refused("record-length", "A length of 18", ["RC-012", "RC-019"], "Data", data, "length", put(0, u16(18))),
    refused(
      "record-altered",
      "A record altered on its way",
      ["RC-013", "RC-019", "RC-023"],
      "Data",
      data,
      "cipher",
      flip(9),
    ),
    opened("record-replayed", "A record sent twice", ["RC-013", "RC-003"], { plays: ["server"] }, (s) => {
      s.record("client", "Data", "once");
      s.replay("client");
      s.fails("server", "record.bad", { check: "cipher", answer: CODES.bad_record });
      s.alert("server", CODES.bad_record);
    }),
    refused("record-type", "Type 6", ["RC-014", "RC-019"], "type 6", encodePlaintext(6, zeros(0)), "type"),
    refused(
      "record-size",
      "A size one past the end of the plaintext",
      ["RC-015", "RC-019"],
      "Data",
      encodePlaintext(0, ascii("abc"), 6, 4),
      "size",
    ),
    refused(
      "record-size-largest",
      "A size of 65,535 in a plaintext of 6 bytes",
      ["RC-015"],
      "Data",
      encodePlaintext(0, ascii("abc"), 6, 0xffff),
      "size",
    ),
    refused(
      "record-padding",
      "A padding whose last byte is not zero",
      ["RC-016", "RC-019"],
      "Data",
      withByte(encodePlaintext(0, ascii("abc"), 64), 63, 1),
      "padding",
    ),
    refused(
      "record-data-empty",
      "Empty Data, padded",
      ["RC-017", "RC-025"],
      "Data",
      encodePlaintext(0, zeros(0), 32),
      "body",
    ),
    refused(
      "record-close-body",
      "A Close with a body",
      ["RC-017"],
      "Close",
      encodePlaintext(3, Uint8Array.of(0)),
      "body",
    ),
    refused(
      "record-ping-short",
      "A Ping of 7 bytes",
      ["RC-017"],
      "Ping",
      encodePlaintext(4, EIGHT.slice(1)),
      "body",
    ),
    refused(
      "record-order",
      "A record with a bad type, size, padding and body: the first check decides",
      ["RC-011", "RC-014"],
      "type 255",
      fromHex("ffffff01"),
      "type",
    ),
    refused(
      "record-alert-code-0",
      "An Alert with code 0: fatal, and not answered",
      ["AL-024", "RC-017"],
      "Alert",
      encodePlaintext(1, u16(0)),
      "body",
    ),
    refused(
      "record-alert-utf8",
      "An Alert whose words are not UTF-8 (an overlong form): fatal, and not answered",
      ["AL-024", "AL-025"],
      "Alert",
      encodePlaintext(1, fromHex("0001c0af")),
      "body",
    ),
    refused(
      "record-alert-surrogate",
      "An Alert whose words hold a surrogate",
      ["AL-024", "AL-025"],
      "Alert",
      encodePlaintext(1, fromHex("0001eda080")),
      "body",
    ),
    refused(
      "record-alert-long",
      "An Alert with 1,025 bytes of words",
      ["AL-024", "RC-017"],
      "Alert",
      encodePlaintext(1, new Uint8Array(1027).fill(0x61)),
      "body",
    ),
    refused(
      "record-alert-padding",
      "An Alert whose padding is not zero: not answered either",
      ["AL-024", "RC-016"],
      "Alert",
      withByte(encodePlaintext(1, u16(CODES.cancelled), 16), 15, 1),
      "padding",
    ),
    unexpected(
      "record-accept",
      "An Accept in the open channel",
      ["RC-018", "RC-020", "RC-027"],
      "record.accept",
      (s) => s.hostile("client", "Accept", encodePlaintext(2, zeros(0))),
    ),
    unexpected(
      "record-data-after-close",
      "Data after a Close",
      ["RC-020", "RC-029", "RC-030"],
      "record.data",
      (s) => {
        s.record("client", "Close");
        s.hostile("client", "Data", data);
      },
    ),
    unexpected("record-close-twice", "A second Close", ["RC-020", "RC-030"], "record.close", (s) => {
      s.record("client", "Close");
      s.hostile("client", "Close", encodePlaintext(3, zeros(0)));
    }),
    unexpected(
      "record-pong-unasked",
      "A Pong that nobody asked for",
      ["RC-020", "RC-044"],
      "record.pongUnexpected",
      (s) => s.hostile("client", "Pong", encodePlaintext(5, EIGHT)),
    ),
    unexpected(
      "record-pong-other",
      "A Pong with other bytes than the Ping's",
      ["RC-020", "RC-044"],
      "record.pongUnexpected",
      (s) => {
        s.record("server", "Ping", EIGHT);
        s.hostile("client", "Pong", encodePlaintext(5, ascii("ping-002")));
      },
    ),
  ];
}
