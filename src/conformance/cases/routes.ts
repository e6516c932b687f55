/** What a server makes of the route in a Hello: with one key or several, under a limit, as a middlebox. */
import { concat } from "../../protocol/bytes.ts";
import { type Case, makeCase, type Setup } from "../case.ts";
import { flipped, withHighBit } from "../peer/keys.ts";
import type { Link } from "../run/link.ts";
import { conversed, silent } from "./places.ts";
import { conversing, garbled, headerOf, hinted, place, refused, sendHello, stranger } from "./sent-hellos.ts";

const routes: Case[] = [
  ...(
    [
      ["route-random", "RT-009 RT-011", garbled],
      ["route-of-zeros", "RT-009 RT-011", () => ({ route: new Uint8Array(48) })],
      ["route-tag-flipped", "RT-009 RT-011", (link: Link) => ({ route: flipped(link.client.route(), 47) })],
      ["route-key-flipped", "RT-009 RT-011", (link: Link) => ({ route: flipped(link.client.route(), 0) })],
      ["route-of-another-header", "RT-002 RT-009 RT-011", () => ({ routeHeader: headerOf(1, 1, 1) })],
      [
        "route-of-another-ephemeral",
        "RT-004 RT-009 SC-019",
        (link: Link) => ({ routeEphemeral: link.pair("another ephemeral").public }),
      ],
      ["route-to-another-via", "RT-008 RT-009 RT-011", (link: Link) => ({ via: stranger(link) })],
      [
        "route-in-the-clear",
        "RT-009 RT-011",
        (link: Link) => ({ route: concat(link.client.serverKey, new Uint8Array(16)) }),
      ],
    ] as const
  ).map(([name, requirements, bends]) =>
    makeCase("server", "await-hello", name, requirements, {
      play: conversing(bends),
      expected: conversed("server"),
    }),
  ),
  makeCase("server", "await-hello", "route-names-another", "RT-011 HS-046", {
    play: sendHello((link) => ({ names: stranger(link) })),
    expected: refused(4),
  }),
  makeCase("server", "await-hello", "route-names-the-key-with-high-bit", "RT-011 NO-020", {
    play: sendHello((link) => ({ names: withHighBit(link.client.serverKey) })),
    expected: refused(4),
  }),
  makeCase("server", "await-hello", "route-names-zeros", "RT-011", {
    play: sendHello(() => ({ names: new Uint8Array(32) })),
    expected: refused(4),
  }),
];

const rotating: Setup = { keys: ["server", "old server", "older server", "oldest server"] };
const oldKey = (name: string) => (link: Link) => ({
  via: link.pair(name).public,
  names: link.pair(name).public,
});

/** A client that expects an older key. */
const toOld =
  (name: string) =>
  async (link: Link): Promise<void> => {
    await conversing(oldKey(name), name)(link);
  };

const rotation: Case[] = [
  ...["server", "old server", "older server", "oldest server"].map((name, i) =>
    makeCase("server", "await-hello", `rotation-key-${i}`, "HS-020 RT-010 RT-011", {
      setup: rotating,
      play: toOld(name),
      expected: conversed("server"),
    }),
  ),
  makeCase("server", "await-hello", "rotation-route-does-not-open", "RT-011 RT-010", {
    setup: rotating,
    play: conversing(garbled),
    expected: conversed("server"),
  }),
  makeCase("server", "await-hello", "rotation-via-old-names-new", "RT-011", {
    setup: rotating,
    play: conversing((link) => ({ via: link.pair("old server").public, names: link.client.serverKey })),
    expected: conversed("server"),
  }),
  makeCase("server", "await-hello", "rotation-via-old-names-another", "RT-011 RT-013", {
    setup: rotating,
    play: sendHello((link) => ({ via: link.pair("old server").public, names: stranger(link) }), "old server"),
    expected: refused(4),
  }),
];

const limits: Case[] = [
  ...[4, 8, 9, 11].map((code) =>
    makeCase("server", "await-hello", `limit-${code}`, "ST-017 RT-012 HS-046 HS-048", {
      setup: { flags: [`--limit=${code}`] },
      play: sendHello(() => ({})),
      expected: refused(code),
    }),
  ),
  makeCase("server", "await-hello", "limit-before-no-route", "RT-012 ST-017", {
    setup: { flags: ["--limit=9"] },
    play: sendHello((link) => ({ names: stranger(link) })),
    expected: refused(9),
  }),
  makeCase("server", "await-hello", "limit-with-a-route-that-does-not-open", "RT-012 RT-013", {
    setup: { ...rotating, flags: ["--limit=8"] },
    play: sendHello(garbled),
    expected: refused(8),
  }),
  makeCase("server", "await-hello", "limit-with-an-old-key", "RT-013 ST-017", {
    setup: { ...rotating, flags: ["--limit=9"] },
    play: sendHello(oldKey("oldest server"), "oldest server"),
    expected: refused(9),
  }),
  makeCase("server", "await-hello", "limit-and-unspoken-header", "HS-009 ST-017", {
    setup: { flags: ["--limit=9"] },
    play: sendHello(() => ({ header: headerOf(2, 1, 0) })),
    expected: hinted,
  }),
  makeCase("server", "await-hello", "limit-and-low-order-ephemeral", "HS-036 ST-017", {
    setup: { flags: ["--limit=9"] },
    play: sendHello(() => ({ ephemeral: new Uint8Array(32) })),
    expected: silent(place, "zero_dh"),
  }),
  makeCase("server", "draining", "response-after-a-refusal", "HS-046 ST-027", {
    setup: { flags: ["--limit=9"] },
    async play(link) {
      link.send(link.client.hello(), "a Hello");
      await link.client.hear("refusal");
      link.send(link.client.response(), "a Response");
    },
    expected: refused(9),
  }),
];

const middlebox: Setup = { flags: ["--middlebox"], optional: true };
const middleboxes: Case[] = (
  [
    ["middlebox-route-names-itself", "RT-011 RT-016", () => ({})],
    ["middlebox-route-names-another", "RT-011", (link: Link) => ({ names: stranger(link) })],
    ["middlebox-route-does-not-open", "RT-011", garbled],
  ] as const
).map(([name, requirements, bends]) =>
  makeCase("server", "await-hello", name, requirements, {
    setup: middlebox,
    play: sendHello(bends),
    expected: refused(4),
  }),
);

export const routeCases: readonly Case[] = [...routes, ...rotation, ...limits, ...middleboxes];
