/** The shapes in which a connection ends: who closes when, what comes behind, and what the transport does. */
import { ascii, concat } from "../../protocol/bytes.ts";
import { type Case, type Expected, makeCase } from "../case.ts";
import { Deviation } from "../deviation.ts";
import { alertBody, framed, plain, types } from "../peer/plaintext.ts";
import type { Link } from "../run/link.ts";
import { alerted, clean, conversed, cutOff, echoed, openUp, placesBy, told } from "./places.ts";

const roles = ["client", "server"] as const;

/** The shim's direction of the transport may not end yet. */
async function staysOpen(link: Link, requirement: string): Promise<void> {
  await link.silence();
  if (link.wire.ended !== undefined)
    throw new Deviation(`a transport that stays open (${requirement})`, link.wire.ended, "close");
}

const local = (role: "client" | "server") => placesBy(role, "half-closed-local");
const remote = (role: "client" | "server") => placesBy(role, "half-closed-remote");
const ping = plain(types.ping, ascii("pingping"));

const halves: Case[] = roles.flatMap((role) => [
  makeCase(role, "half-closed-local", "the-peer-goes-on", "RC-028 RC-031 RC-026", {
    setup: local(role).setup,
    async play(link) {
      await local(role).reach(link);
      await staysOpen(link, "RC-031");
      for (let i = 0; i < 5; i++) {
        link.send(link.end.data(ascii(`more ${i}`)), "Data");
        await link.pause(5);
      }
      link.send(link.end.close(), "a Close");
    },
    expected: clean(local(role)),
  }),
  makeCase(role, "half-closed-local", "sends-then-closes-first", "RC-028 RC-024 CF-007", {
    setup: { flags: ["--send=5000", "--close-first"] },
    async play(link) {
      await openUp(link);
      await link.end.hear("close");
      link.send(link.end.data(ascii("goodbye")), "Data");
      link.send(link.end.close(), "a Close");
    },
    expected: clean(local(role)),
  }),
  makeCase(role, "half-closed-remote", "it-goes-on", "RC-028 RC-031", {
    setup: { flags: ["--linger=900"] },
    async play(link) {
      await openUp(link);
      await echoed(link, "and then");
      link.send(link.end.close(), "a Close");
      await link.printed("end");
      await staysOpen(link, "RC-031");
    },
    expected: clean(remote(role)),
  }),
  makeCase(role, "half-closed-remote", "eof-behind-the-close", "RC-032 ST-001", {
    setup: { flags: ["--linger=200"] },
    async play(link) {
      await openUp(link);
      link.send(link.end.close(), "a Close");
      link.wire.end();
    },
    expected: { ...clean(remote(role)), closing: "follows", prints: conversed(role).prints },
  }),
  makeCase(role, "half-closed-remote", "ping-and-eof-behind-the-close", "RC-032 RC-037", {
    setup: { flags: ["--linger=200"] },
    async play(link) {
      await openUp(link);
      link.send(concat(link.end.close(), link.end.record(ping)), "a Close and a Ping");
      link.wire.end();
    },
    expected: {
      prints: conversed(role).prints,
      says: [...remote(role).says, "pong:70696e6770696e67", "close"],
      closing: "follows",
    },
  }),
  makeCase(role, "half-closed-remote", "alert-in-one-chunk-with-the-close", "AL-030 AL-021 AL-022", {
    setup: { flags: ["--linger=8000"] },
    async play(link) {
      await openUp(link);
      link.send(
        concat(
          link.end.data(ascii("all of it")),
          link.end.close(),
          link.end.record(plain(types.alert, alertBody(12))),
        ),
        "Data, a Close and an Alert",
      );
    },
    expected: { ...told(remote(role), 12), echo: "some" },
  }),
  makeCase(role, "half-closed-remote", "bad-record-in-one-chunk-with-the-close", "RC-011 RC-019 RC-026", {
    setup: { flags: ["--linger=8000"] },
    async play(link) {
      await openUp(link);
      link.send(
        concat(link.end.data(ascii("all of it")), link.end.close(), framed(new Uint8Array(30))),
        "Data, a Close and bad bytes",
      );
    },
    expected: { ...alerted(remote(role), "bad_record", 5), echo: "some" },
  }),
]);

const both: Case[] = roles.flatMap((role) => {
  const closed = (
    name: string,
    requirements: string,
    expected: Expected,
    after: (link: Link) => Promise<void> | void,
    flags: readonly string[] = [],
  ) =>
    makeCase(role, "closing", name, requirements, {
      setup: { flags },
      async play(link) {
        await openUp(link);
        await echoed(link, "enough");
        link.send(link.end.close(), "a Close");
        await link.end.hear("close");
        await after(link);
      },
      expected,
    });
  const done = conversed(role);
  return [
    closed("drained", "RC-035 RC-036 ST-028", done, () => undefined),
    closed(
      "never-ended-by-the-peer",
      "ST-028 ST-036 LM-003",
      { ...done, closing: "deadline" },
      () => undefined,
      ["--drain-timeout=900"],
    ),
    closed("reset-by-the-peer", "ST-028 ST-031", { ...done, closing: "follows" }, ({ wire }) => wire.reset()),
    closed("eof-at-once", "ST-028 RC-036", { ...done, closing: "follows" }, ({ wire }) => wire.end()),
    closed("ping-is-drained", "ST-032 ST-027 RC-046", done, (link) =>
      link.send(link.end.record(ping), "a Ping"),
    ),
    closed("alert-is-drained", "ST-031 SC-050", done, (link) =>
      link.send(link.end.record(plain(types.alert, alertBody(5))), "an Alert"),
    ),
    closed("data-is-drained", "ST-027 ST-032", done, (link) =>
      link.send(link.end.record(plain(types.data, ascii("too late"))), "Data"),
    ),
    closed("garbage-is-drained", "ST-027 ST-031", done, (link) =>
      link.send(new Uint8Array(5_000).fill(0xee), "garbage"),
    ),
    closed(
      "flood-past-the-drain-limit",
      "ST-029 ST-028 LM-003",
      { ...done, closing: "deadline" },
      (link) => {
        for (let i = 0; i < 64; i++) link.send(new Uint8Array(65_536), "64 KiB");
      },
      ["--drain-bytes=10000", "--drain-timeout=900"],
    ),
    makeCase(role, "closing", "both-close-at-once", "RC-035 RC-036 RC-028", {
      setup: { flags: ["--close-first"] },
      async play(link) {
        await openUp(link);
        link.send(link.end.close(), "a Close");
      },
      expected: clean(local(role)),
    }),
    makeCase(role, "half-closed-local", "eof-without-a-close", "RC-033 SC-006", {
      setup: { flags: ["--close-first"] },
      async play(link) {
        await local(role).reach(link);
        link.send(link.end.data(ascii("not all of it")), "Data");
        link.wire.end();
      },
      expected: cutOff(local(role), "truncated"),
    }),
  ];
});

/** After an alert of the shim's: what arrives, though much comes in. */
const floods: Case[] = roles.flatMap((role) => [
  makeCase(role, "draining", "alert-arrives-in-a-flood", "AL-017 ST-027 SC-007", {
    async play(link) {
      await openUp(link);
      link.send(link.end.record(plain(9)), "a bad record");
      for (let i = 0; i < 12; i++) link.send(new Uint8Array(65_536), "64 KiB");
    },
    expected: alerted(placesBy(role, "open"), "bad_record", 5),
  }),
  makeCase(role, "draining", "flood-past-the-drain-limit", "ST-029 ST-035 AL-017 LM-003", {
    setup: { flags: ["--drain-bytes=10000", "--drain-timeout=900"] },
    async play(link) {
      await openUp(link);
      link.send(link.end.record(plain(9)), "a bad record");
      for (let i = 0; i < 64; i++) link.send(new Uint8Array(65_536), "64 KiB");
    },
    expected: { ...alerted(placesBy(role, "open"), "bad_record", 5), closing: "deadline" },
  }),
  makeCase(role, "open", "flood-of-empty-records", "RC-025 RC-023 LM-003", {
    async play(link) {
      await openUp(link);
      const empties = Array.from({ length: 2_000 }, () => link.end.record(plain(types.data)));
      link.send(concat(...empties), "2,000 empty Data records");
    },
    expected: alerted(placesBy(role, "open"), "bad_record", 5),
  }),
  makeCase(role, "open", "flood-of-small-records", "LM-003 LM-005 RC-024", {
    async play(link) {
      await openUp(link);
      const smalls = Array.from({ length: 5_000 }, (_, i) => link.end.data(Uint8Array.of(i % 256)));
      link.send(concat(...smalls), "5,000 Data records of one byte");
      link.send(link.end.close(), "a Close");
    },
    expected: conversed(role),
  }),
  makeCase(role, "open", "peer-that-does-not-read", "LM-005 CF-009 RC-026", {
    async play(link) {
      await openUp(link);
      link.wire.stopReading();
      for (let i = 0; i < 120; i++) link.send(link.end.data(new Uint8Array(65_516).fill(i)), "64 KiB");
      link.send(link.end.close(), "a Close");
      await link.pause(400);
    },
    expected: conversed(role),
  }),
]);

export const closingCases: readonly Case[] = [...halves, ...both, ...floods];
