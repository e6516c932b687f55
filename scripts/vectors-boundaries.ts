/** The scenes at the edges of numbers: rekeying, the last counters, the largest records, padding. */
import { ascii, zeros } from "../properties/reference/primitives.ts";
import { encodeAlert, encodePlaintext, keyOfNext } from "../properties/reference/record.ts";
import { CODES } from "../properties/reference/talk.ts";
import { bothClose, opened } from "./vectors-acts.ts";
import type { Role, Vector } from "./vectors-format.ts";
import type { Scene } from "./vectors-scene.ts";

const ping = ascii("ping-001");
const last = 2n ** 64n - 2n;
const rekeying = ["RC-005", "RC-004"];

/** The record of this counter is sealed wrongly; the one before it is all right. */
function missealed(
  slug: string,
  title: string,
  from: Role,
  counter: bigint,
  how: (s: Scene) => { key: Uint8Array; nonce: bigint },
): Vector {
  const by = from === "client" ? "server" : "client";
  const counters = { client: 0n, server: 0n, [from]: counter - 1n };
  return opened(slug, title, [...rekeying, "RC-013"], { plays: [by], counters }, (s) => {
    s.record(from, "Data", "delivered before");
    s.missealed(from, how(s));
    s.fails(by, "record.bad", { check: "cipher", answer: CODES.bad_record });
    s.alert(by, CODES.bad_record);
  });
}

export function boundaries(): Vector[] {
  const ways = ["client", "server"] as const;
  return [
    ...ways.flatMap((from) => [
      missealed(
        `rekey-late-of-${from}`,
        `The ${from}'s record 65,536 under the old key: one too late`,
        from,
        65_536n,
        (s) => s.transport[from],
      ),
      missealed(
        `rekey-early-of-${from}`,
        `The ${from}'s record 65,535 under the next key: one too early`,
        from,
        65_535n,
        (s) => ({
          key: keyOfNext({ key: s.transport[from].key, nonce: 65_536n }),
          nonce: 65_535n,
        }),
      ),
      missealed(
        `rekey-reset-of-${from}`,
        `The ${from}'s record 65,536 under the new key, and the counter back at 0`,
        from,
        65_536n,
        (s) => ({ key: keyOfNext(s.transport[from]), nonce: 0n }),
      ),
      missealed(
        `rekey-at-32768-of-${from}`,
        `The ${from}'s record 32,768 under a next key: no rekeying is there`,
        from,
        32_768n,
        (s) => ({ key: keyOfNext({ key: s.transport[from].key, nonce: 65_536n }), nonce: 32_768n }),
      ),
    ]),
    opened(
      "rekey-hooked",
      "Both directions from 65,534 on: 65,535 under the first keys, 65,536 under the second, Ping and Close too",
      rekeying,
      { counters: { client: 65_534n, server: 65_534n } },
      (s) => {
        for (const text of ["65,534", "65,535", "65,536"]) {
          s.record("client", "Data", text);
          s.record("server", "Data", text);
        }
        s.record("client", "Ping", ping);
        s.record("server", "Pong", ping);
        bothClose(s);
      },
    ),
    opened(
      "rekey-twice",
      "The second rekeying, at 131,072, is of the first one's key",
      rekeying,
      { counters: { client: 131_070n, server: 65_535n } },
      (s) => {
        for (const text of ["131,070", "131,071", "131,072", "131,073"]) s.record("client", "Data", text);
        s.record("server", "Data", "65,535");
        s.record("server", "Data", "65,536");
        bothClose(s);
      },
    ),
    opened(
      "stream-rekey-of-server",
      "The server's direction through its first rekeying, every record sent",
      rekeying,
      {},
      (s) => {
        s.repeat("server", 65_535);
        s.record("server", "Data", "record 65,535");
        s.record("server", "Data", "record 65,536");
        bothClose(s);
      },
    ),
    opened(
      "nonce-last-write",
      "A write that would need 2^64 - 2: the Alert internal_error with it, in its place",
      ["RC-006", "RC-052"],
      { counters: { client: 0n, server: last - 1n } },
      (s) => {
        s.record("server", "Data", "the last there can be");
        s.call("server", { call: "write", byte: "61", count: 1 });
        s.fails("server", "nonce.last", { answer: CODES.internal_error });
        s.record("server", "Alert", encodeAlert(CODES.internal_error, ""), true);
        s.fails("client", "record.alert", { received: CODES.internal_error });
      },
    ),
    opened(
      "nonce-last-pong",
      "A Pong that would need 2^64 - 2: the Alert in its place",
      ["RC-006", "RC-052"],
      { counters: { client: 0n, server: last } },
      (s) => {
        s.record("client", "Data", "delivered before");
        s.record("client", "Ping", ping);
        s.fails("server", "nonce.last", { answer: CODES.internal_error });
        s.alert("server", CODES.internal_error);
      },
    ),
    opened(
      "nonce-last-close",
      "A Close with 2^64 - 2 is what it is kept for",
      ["RC-006"],
      { counters: { client: last, server: 0n } },
      (s) => bothClose(s),
    ),
    opened(
      "nonce-last-data",
      "A receiver does not check what 2^64 - 2 was used for",
      ["RC-008"],
      { plays: ["server"], counters: { client: last, server: 0n } },
      (s) => {
        s.record("client", "Data", "delivered all the same");
        s.record("server", "Data", "well");
      },
    ),
    opened(
      "nonce-none",
      "A record that would need 2^64 - 1: silence, once it is complete",
      ["RC-007", "RC-054"],
      { plays: ["server"], counters: { client: last, server: 0n } },
      (s) => {
        s.record("client", "Data", "delivered before");
        s.missealed("client", { ...s.transport.client, nonce: last });
        s.fails("server", "nonce.none");
      },
    ),
    opened(
      "nonce-none-alert",
      "An Alert that would need 2^64 - 1: silence in its place",
      ["RC-007", "RC-052"],
      { counters: { client: last, server: 0n }, plays: ["client"] },
      (s) => {
        s.record("client", "Close");
        s.hostile("server", "type 6", encodePlaintext(6, zeros(0)));
        s.fails("client", "nonce.none");
      },
    ),
    opened(
      "record-largest",
      "Records of the largest size, both ways: 65,516 bytes of data, 65,537 on the wire",
      ["RC-002", "RC-022", "RC-024"],
      {},
      (s) => {
        s.filled("client", 65_516);
        s.filled("server", 65_516);
        bothClose(s);
      },
    ),
    opened(
      "record-split",
      "A write of 65,517 bytes takes two records",
      ["RC-002", "RC-024"],
      { plays: ["server"] },
      (s) => {
        s.filled("client", 65_516);
        s.filled("client", 1);
        bothClose(s);
      },
    ),
    opened(
      "record-padded-largest",
      "One byte of data, padded to the largest record",
      ["RC-009", "RC-010", "RC-016"],
      { plays: ["server"] },
      (s) => {
        s.filled("client", 1, { plaintextLength: 65_519 });
        bothClose(s);
      },
    ),
    opened(
      "record-padded-close",
      "Close, Ping and Alert are padded as Data is",
      ["RC-001", "RC-009"],
      { paddingBlock: 100 },
      (s) => {
        s.record("client", "Ping", ping);
        s.record("server", "Pong", ping);
        s.record("client", "Close");
        s.record("server", "Alert", encodeAlert(0x8000, "padded"));
        s.fails("server", "alert", { answer: 0x8000 });
        s.fails("client", "record.alert", { received: 0x8000, words: "padded" });
      },
    ),
    opened(
      "record-smallest",
      "A length of 19 with an empty plaintext of Data: long enough, and refused for its body",
      ["RC-012", "RC-025"],
      { plays: ["client"] },
      (s) => {
        s.hostile("server", "Data", encodePlaintext(0, zeros(0)));
        s.fails("client", "record.bad", { check: "body", answer: CODES.bad_record });
        s.alert("client", CODES.bad_record);
      },
    ),
    opened(
      "record-length-largest-cut",
      "A length of 65,535, then end of file: a truncation, and nothing is delivered of it",
      ["RC-021", "RC-022", "RC-033"],
      { plays: ["server"] },
      (s) => {
        s.record("client", "Data", "delivered before");
        s.raw("client", Uint8Array.of(0xff, 0xff, 1, 2, 3));
        s.end("client");
        s.fails("server", "eof.partial");
      },
    ),
    opened(
      "record-length-early",
      "A length of 18 is refused as soon as its two bytes are in",
      ["RC-012", "RC-022", "ST-041"],
      { plays: ["server"] },
      (s) => {
        s.raw("client", Uint8Array.of(0, 18));
        s.fails("server", "record.bad", { check: "length", answer: CODES.bad_record });
        s.alert("server", CODES.bad_record);
      },
    ),
  ];
}
