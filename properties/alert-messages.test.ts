/**
 * Why: the words of an alert are the peer's, and are shown and logged at the other end. They are cut where a character
 * ends, taken only as what UTF-8 says, and shown so that they can't drive a terminal.
 */
import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { escapeMessage } from "../src/protocol/index.ts";
import { Actor, type AnyChannel } from "./model/actor.ts";
import { joined, outputTypes, testClient, testServer } from "./model/pair.ts";
import { accept, alertBody, plaintext, rawClient, rawServer, sealed } from "./model/raw-peer.ts";
import { opened } from "./model/stages.ts";
import { runs } from "./seed.ts";

const nothing = new Uint8Array(0);
const utf8 = (text: string) => new TextEncoder().encode(text);

/** Plaintexts of type 1 that fail a later check. */
const malformed: readonly [what: string, content: Uint8Array, check: string][] = [
  ["of no body", plaintext(1, 0, nothing), "body"],
  ["of half a code", plaintext(1, 1, Uint8Array.of(0)), "body"],
  ["with code 0", plaintext(1, 4, alertBody(0, utf8("no"))), "body"],
  ["of 1,025 bytes", plaintext(1, 1027, alertBody(5, utf8("x".repeat(1025)))), "body"],
  ["whose size is more than there is", plaintext(1, 9, alertBody(5, utf8("no"))), "size"],
  ["with padding that is not zero", plaintext(1, 2, alertBody(5, utf8("no"))), "padding"],
  ["with a cut character", plaintext(1, 4, alertBody(5, utf8("€").slice(0, 2))), "body"],
  ["with a surrogate", plaintext(1, 5, alertBody(5, Uint8Array.of(0xed, 0xa0, 0x80))), "body"],
  ["with an overlong form", plaintext(1, 4, alertBody(5, Uint8Array.of(0xc0, 0x80))), "body"],
  ["past U+10FFFF", plaintext(1, 6, alertBody(5, Uint8Array.of(0xf4, 0x90, 0x80, 0x80))), "body"],
];

describe.each(malformed)("a malformed Alert, %s", (_what, content, check) => {
  const expectSilence = (actor: Actor<AnyChannel>, record: Uint8Array) => {
    actor.flush();
    actor.receive(joined([record, record]));
    expect(actor.sent).toEqual([]);
    expect(actor.channel.failure?.reason).toEqual({ code: "malformed_alert", check });
    expect(outputTypes(actor.outputs).slice(-2)).toEqual(["failed", "closeTransport"]);
    expect(actor.has("alert")).toBe(false);
    actor.check();
  };

  it("AL-013 AL-024: is fatal in silence at the server", () => {
    const server = new Actor(testServer());
    const peer = rawClient(server);
    expectSilence(server as Actor<AnyChannel>, peer.seal(content));
  });

  it("AL-024 HS-099: is fatal in silence at the client, as the Verdict and after it", () => {
    for (const asVerdict of [true, false]) {
      const client = new Actor(testClient());
      client.do(client.channel.start());
      const peer = rawServer(client);
      if (!asVerdict) client.receive(accept(peer));
      expectSilence(
        client as Actor<AnyChannel>,
        asVerdict ? sealed(peer.verdict, content) : peer.seal(content),
      );
    }
  });
});

/** Whether bytes are UTF-8 by the table of RFC 3629 §4, and what they say. */
function decodeStrictly(bytes: Uint8Array): string | undefined {
  let text = "";
  for (let at = 0; at < bytes.length; ) {
    const lead = bytes[at] ?? 0;
    const more =
      lead < 0x80 ? 0 : lead < 0xc2 ? -1 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : lead < 0xf5 ? 3 : -1;
    if (more < 0 || at + more >= bytes.length) return undefined;
    let point = more === 0 ? lead : lead & (0x3f >> more);
    for (let i = 1; i <= more; i++) {
      const next = bytes[at + i] ?? 0;
      if (next >> 6 !== 2) return undefined;
      point = (point << 6) | (next & 0x3f);
    }
    const least = [0, 0x80, 0x800, 0x10000][more] ?? 0;
    if (point < least || point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) return undefined;
    text += String.fromCodePoint(point);
    at += 1 + more;
  }
  return text;
}

describe("messages", () => {
  const anyText = fc.oneof(
    fc.string({ unit: "binary", maxLength: 600, size: "max" }),
    fc.string({ unit: "grapheme", maxLength: 600, size: "max" }),
    fc
      .tuple(fc.nat({ max: 1030 }), fc.constantFrom("é", "€", "😀", "\ufeff"))
      .map(([n, c]) => `${"x".repeat(n)}${c}yz`),
  );

  test.prop([anyText])(
    "AL-011 AL-026: are cut between two characters, and else arrive as they are",
    (text) => {
      const { client, server } = opened(({ client: actor }) => actor.do(actor.channel.alert(0x8001, text)));
      let cut = "";
      let length = 0;
      for (const character of text) {
        length += utf8(character).length;
        if (length > 1024) break;
        cut += character;
      }
      expect(server.outputs).toContainEqual({ type: "alert", code: 0x8001, message: cut });
      expect(client.channel.failure?.alertSent).toBe(0x8001);
    },
  );

  const mostlyUtf8 = fc.array(
    fc.oneof(
      { weight: 4, arbitrary: fc.string({ unit: "binary", maxLength: 4 }).map(utf8) },
      {
        weight: 1,
        arbitrary: fc
          .constantFrom(
            [0xc0, 0x80],
            [0xc1, 0xbf],
            [0xe0, 0x9f, 0xbf],
            [0xed, 0xa0, 0x80],
            [0xed, 0xbf, 0xbf],
            [0xf0, 0x8f, 0xbf, 0xbf],
            [0xf4, 0x90, 0x80, 0x80],
            [0xf5, 0x80, 0x80, 0x80],
            [0xff],
            [0x80],
            [0xe2, 0x82],
          )
          .map((bytes) => Uint8Array.from(bytes)),
      },
      { weight: 1, arbitrary: fc.constant(Uint8Array.of(0xef, 0xbb, 0xbf)) },
      { weight: 1, arbitrary: fc.uint8Array({ maxLength: 5 }) },
    ),
    { maxLength: 12 },
  );

  test.prop([mostlyUtf8], { numRuns: runs(300) })(
    "AL-025 AL-026: are strict UTF-8 or malformed, and their byte order marks are kept",
    (pieces) => {
      const bytes = joined(pieces);
      const expected = decodeStrictly(bytes);
      const server = new Actor(testServer());
      const peer = rawClient(server);
      server.receive(peer.record("alert", alertBody(0x8001, bytes)));
      expect(server.channel.failure?.reason).toEqual(
        expected === undefined
          ? { code: "malformed_alert", check: "body" }
          : { code: "alert_received", alert: 0x8001, message: expected },
      );
    },
  );

  it("AL-028: may be anything: an Alert decides by its code", () => {
    for (const message of ["", "Accept", "not_authorized", "\0"]) {
      const { client, server } = opened(({ server: actor }) =>
        actor.do(actor.channel.alert("busy", message)),
      );
      expect(client.channel.failure?.reason).toEqual({ code: "alert_received", alert: 9, message });
      expect(server.channel.failure?.code).toBe("cancelled");
    }
  });
});

/** What {@link escapeMessage} says, back. */
function unescaped(text: string): string {
  return text.replace(/\\(?:\\|u\{([0-9a-f]+)\})/g, (_, hex?: string) =>
    hex === undefined ? "\\" : String.fromCodePoint(Number.parseInt(hex, 16)),
  );
}

describe("escapeMessage", () => {
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc
      .array(
        fc.constantFrom(
          "\\",
          "u",
          "{",
          "}",
          "0a",
          "\n",
          "\u001b[31m",
          "\u202e",
          "\u2066",
          "\u200f",
          "\u061c",
          "\u2028",
          "\u0085",
          "\ud800",
          "\udfff",
          "é",
        ),
      )
      .map((list) => list.join("")),
  );

  test.prop([text], { numRuns: runs(500) })(
    "AL-029: leaves nothing that drives a terminal or turns text around",
    (message) => {
      const shown = escapeMessage(message);
      expect(shown).not.toMatch(
        /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/,
      );
    },
  );

  test.prop([text], { numRuns: runs(500) })(
    "AL-029: is unambiguous: what was said can be had back",
    (message) => {
      expect(unescaped(escapeMessage(message))).toBe(message);
    },
  );

  test.prop([fc.string({ unit: fc.constantFrom(..."abc xyz,.;:!?äöü€漢字😀") })])(
    "leaves what is harmless as it is",
    (message) => {
      expect(escapeMessage(message)).toBe(message);
    },
  );
});
