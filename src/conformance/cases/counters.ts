/** Counters: where keys change, and where counters end. `--counter` takes the shim there. */
import { ascii, concat } from "../../protocol/bytes.ts";
import { type Case, type Expected, makeCase, type Setup } from "../case.ts";
import { alertBody, plain, types } from "../peer/plaintext.ts";
import type { Link } from "../run/link.ts";
import { alerted, conversed, echoed, openPrints, openSays, openUp, silent, told } from "./places.ts";

const roles = ["client", "server"] as const;
const from = (counter: bigint, ...flags: string[]): Setup => ({ counter, flags, optional: true });
const open = (role: "client" | "server") => ({ prints: openPrints(role), says: openSays(role) });
const x = plain(types.data, ascii("x"));
const interval = 65_536n;

/** Sends one good record after another, each echoed. */
async function trade(link: Link, times: number): Promise<void> {
  for (let i = 0; i < times; i++) await echoed(link, `record ${i}`);
}

const boundaries: Case[] = roles.flatMap((role) =>
  (
    [
      ["first", interval - 2n],
      ["just-before", interval - 1n],
      ["at", interval],
      ["second", 2n * interval - 2n],
      ["at-2-to-the-32", 2n ** 32n - 2n],
      ["between-32768", 32_767n],
    ] as const
  ).map(([name, counter]) =>
    makeCase(role, "open", `rekey-${name}`, "RC-005 NO-013", {
      setup: from(counter),
      async play(link) {
        await openUp(link);
        await trade(link, 5);
        link.send(link.end.close(), "a Close");
      },
      expected: conversed(role),
    }),
  ),
);

/** A record that comes at counter 65,536, after two good ones. */
const wrong: Case[] = roles.flatMap((role) =>
  (
    [
      // Each makes that record otherwise than RC-005 says.
      [
        "left-out",
        (link: Link) => {
          const ours = link.end.direction("ours");
          return sealedRaw(link, ours.key, ours.counter);
        },
      ],
      [
        "twice",
        (link: Link) => {
          const ours = link.end.direction("ours");
          ours.rekey();
          ours.rekey();
          return sealedRaw(link, ours.key, ours.counter);
        },
      ],
      [
        "with-the-counter-reset",
        (link: Link) => {
          const ours = link.end.direction("ours");
          ours.rekey();
          return sealedRaw(link, ours.key, 0n);
        },
      ],
      [
        "to-the-other-directions-key",
        (link: Link) => {
          const theirs = link.end.direction("theirs");
          return sealedRaw(link, theirs.key, link.end.direction("ours").counter);
        },
      ],
    ] as const
  )
    .map(([name, make]) =>
      makeCase(role, "open", `rekey-${name}`, "RC-005 RC-013 RC-019", {
        setup: from(interval - 2n),
        async play(link) {
          await openUp(link);
          await trade(link, 2);
          link.send(make(link), "the record 65,536");
        },
        expected: alerted(open(role), "bad_record", 5),
      }),
    )
    .concat(
      makeCase(role, "open", "rekey-one-early", "RC-005 RC-013 RC-019", {
        setup: from(interval - 2n),
        async play(link) {
          await openUp(link);
          await trade(link, 1);
          link.end.direction("ours").rekey();
          link.send(link.end.record(x), "the record 65,535 under the second key");
        },
        expected: alerted(open(role), "bad_record", 5),
      }),
      makeCase(role, "open", "rekey-at-32768", "RC-005 RC-013 RC-019", {
        setup: from(32_767n),
        async play(link) {
          await openUp(link);
          await trade(link, 1);
          link.end.direction("ours").rekey();
          link.send(link.end.record(x), "the record 32,768 under another key");
        },
        expected: alerted(open(role), "bad_record", 5),
      }),
    ),
);

/** A record under a key and a counter, whatever RC-005 says. */
function sealedRaw({ end }: Link, key: Uint8Array, counter: bigint): Uint8Array {
  const nonce = new Uint8Array(12);
  new DataView(nonce.buffer).setBigUint64(4, counter, true);
  const ciphertext = new Uint8Array(x.length + 16);
  end.primitives.seal(key, nonce, new Uint8Array(0), x, ciphertext);
  return concat(Uint8Array.of(0, ciphertext.length), ciphertext);
}

const last = 2n ** 64n - 2n;

const ends: Case[] = roles.flatMap((role) => {
  const at = (
    name: string,
    requirements: string,
    setup: Setup,
    expected: Expected,
    send: (link: Link) => void | Promise<void>,
  ) =>
    makeCase(role, "open", name, requirements, {
      setup,
      async play(link) {
        await openUp(link);
        await send(link);
      },
      expected,
    });
  return [
    at(
      "last-counter-write",
      "RC-006 RC-052",
      from(last),
      alerted(open(role), "nonces_exhausted", 1),
      (link) => link.send(link.end.data(ascii("echo this")), "Data at 2^64 - 2"),
    ),
    at("last-counter-pong", "RC-006 RC-052", from(last), alerted(open(role), "nonces_exhausted", 1), (link) =>
      link.send(link.end.record(plain(types.ping, new Uint8Array(8))), "a Ping at 2^64 - 2"),
    ),
    at("last-counter-close", "RC-006 RC-008", from(last), conversed(role), (link) =>
      link.send(link.end.close(), "a Close at 2^64 - 2"),
    ),
    at("last-counter-alert", "RC-006 AL-021 AL-022", from(last), told(open(role), 8), (link) =>
      link.send(link.end.record(plain(types.alert, alertBody(8))), "an Alert at 2^64 - 2"),
    ),
    at("last-counter-bad-record", "RC-006 RC-019", from(last), alerted(open(role), "bad_record", 5), (link) =>
      link.send(link.end.record(plain(9)), "a bad record at 2^64 - 2"),
    ),
    at(
      "past-the-last-counter",
      "RC-007 RC-054 RC-008",
      from(last, "--mute"),
      silent(open(role), "nonces_exhausted"),
      (link) => {
        link.send(link.end.data(ascii("delivered")), "Data at 2^64 - 2");
        link.send(link.end.record(x), "Data at 2^64 - 1");
      },
    ),
    at(
      "past-the-last-counter-bad-length",
      "RC-054 RC-012",
      from(last, "--mute"),
      alerted(open(role), "bad_record", 5),
      (link) => {
        link.send(link.end.data(ascii("delivered")), "Data at 2^64 - 2");
        link.send(Uint8Array.of(0, 18), "a length of 18");
      },
    ),
    at(
      "write-of-several-records",
      "RC-053 RC-006",
      from(last - 1n),
      alerted(open(role), "nonces_exhausted", 1),
      async (link) => {
        link.send(link.end.data(ascii("one")), "Data at 2^64 - 3");
        await link.end.hearData(3);
        link.send(link.end.data(ascii("two")), "Data at 2^64 - 2");
      },
    ),
  ];
});

export const counterCases: readonly Case[] = [...boundaries, ...wrong, ...ends];
