/** Where the orderings begin: every state that an end can be in, by every way that makes a difference. */
import type { Making } from "./judged-end.ts";
import type { Wish } from "./peer.ts";
import type { Move, Start } from "./session.ts";

const client: Making = { role: "client" };
const firstUse: Making = { role: "client", firstUse: true };
const server: Making = { role: "server" };
const stealthy: Making = { role: "server", stealth: true };
const rotating: Making = { role: "server", keys: ["newer", "server"] };
const middlebox: Making = { role: "server", routes: true };

const forOther: Wish = { server: "other", via: "server" };
const forNobody: Wish = { server: "nobody", via: "server" };

const responded: readonly Move[] = ["answer", "next", "answer"];
const clientOpen: readonly Move[] = [...responded, "next"];
const challenged: readonly Move[] = ["next", "answer"];
const serverOpen: readonly Move[] = [...challenged, "next", "answer"];

/** One start of each state goes to the full length; its variants, which differ in little, to one less. */
const variant = { isVariant: true } as const;

type More = { readonly wish?: Wish; readonly stalls?: boolean; readonly isVariant?: boolean };
const start = (name: string, making: Making, path: readonly Move[], more: More = {}): Start => ({
  name,
  making,
  path,
  ...more,
});

/** What both roles come to once they are open. */
function later(making: Making, open: readonly Move[]): Start[] {
  const { role } = making;
  const then = (name: string, moves: readonly Move[], more: More = {}) =>
    start(`${role} ${name}`, making, [...open, ...moves], more);
  return [
    then("open", []),
    then("open, nothing handed over", [], { stalls: true, ...variant }),
    then("open, data passed both ways", ["call write", "data"], variant),
    then("open, a Ping unanswered", ["call ping"]),
    then("half-closed here", ["call close"]),
    then("half-closed here, a Ping unanswered", ["call ping", "call close"], variant),
    then("half-closed there", ["close"]),
    then("half-closed there, a Ping unanswered", ["call ping", "close"], variant),
    then("half-closed there, nothing handed over", ["close"], { stalls: true, ...variant }),
    then("half-closed there, the transport's end seen", ["close", "end"], variant),
    then("closing", ["call close", "close"]),
    then("closing, nothing handed over", ["call close", "close"], { stalls: true, ...variant }),
    then("closed", ["call close", "close", "end"]),
    then("draining", ["call alert"]),
    then("draining, nothing handed over", ["call alert"], { stalls: true, ...variant }),
    then("failed", ["reset"]),
    then("failed by an Alert", ["alert"], variant),
  ];
}

export const starts: readonly Start[] = [
  start("client not started", client, []),
  start("client awaiting the Challenge", client, ["answer"]),
  start("client awaiting the Challenge, on first use", firstUse, ["answer"]),
  start("client judging", firstUse, ["answer", "next"]),
  start("client responding", client, ["answer", "next"]),
  start("client responding, data waiting", client, ["call write", "answer", "next"], variant),
  start("client awaiting the Verdict", client, responded),
  start("client awaiting the Verdict, early data sent", client, [...responded, "call write"], variant),
  start("client awaiting the Verdict, closed", client, [...responded, "call close"]),
  ...later(client, clientOpen),

  start("server awaiting the Hello", server, []),
  start("server awaiting the Hello, to refuse it", server, ["call refuse"], variant),
  start("server awaiting the Hello, in stealth", stealthy, []),
  start("server awaiting a Hello that no key opens, in stealth", stealthy, [], {
    wish: forNobody,
    ...variant,
  }),
  start("server awaiting a Hello on first use", server, [], { wish: forNobody, ...variant }),
  start("server awaiting a Hello for another", server, [], { wish: forOther, ...variant }),
  start("server with two keys awaiting the Hello", rotating, []),
  start("middlebox awaiting the Hello", middlebox, [], { wish: forOther }),
  start("server opening the route", server, ["next"]),
  start("server opening the route, in stealth", stealthy, ["next"], variant),
  start("middlebox routing", middlebox, challenged, { wish: forOther }),
  start("middlebox that has forwarded", middlebox, [...challenged, "answer"], { wish: forOther }),
  start("server hiding", stealthy, challenged, { wish: forNobody }),
  start("server awaiting the Response", server, challenged),
  start("server deciding", server, [...challenged, "next"]),
  start("server draining after a refusal", server, challenged, { wish: forOther }),
  ...later(server, serverOpen),
];
