/** The scenes of middleboxes, limits and stealth mode: what becomes of a route. */
import { publicOf, toHex } from "../properties/reference/primitives.ts";
import { CODES } from "../properties/reference/talk.ts";
import { begun, refusedHello } from "./vectors-acts.ts";
import type { Vector } from "./vectors-format.ts";
import { greet } from "./vectors-handshake.ts";
import { play } from "./vectors-scene.ts";
import { SECRETS, type Setting } from "./vectors-setting.ts";

const serverKey = publicOf(SECRETS.server);
const viaKey = publicOf(SECRETS.via);

export function routes(): Vector[] {
  const knows = (reached: boolean) => [{ serverKey: toHex(serverKey), reached }];
  const middlebox: Partial<Setting> = {
    via: viaKey,
    middlebox: SECRETS.via,
    serverSecrets: [SECRETS.via],
    application: false,
  };
  const refusal = (
    slug: string,
    title: string,
    requirements: string[],
    setting: Partial<Setting>,
    code: number,
    event = "challenge.middlebox",
  ): Vector =>
    begun(slug, title, requirements, { ...middlebox, ...setting }, (s) => {
      const isAsked = setting.knows !== undefined && setting.limit === undefined;
      refusedHello(s, code, event, isAsked ? "refuse" : "hello.refuse");
    });
  return [
    refusal(
      "hello-unreachable",
      "A middlebox knows the server that the route names, and can't reach it",
      ["RT-011", "RT-019", "HS-058"],
      { knows: knows(false) },
      CODES.unreachable,
    ),
    refusal(
      "hello-routed-elsewhere",
      "A middlebox that knows other servers only",
      ["RT-011", "HS-058"],
      { knows: [{ serverKey: toHex(publicOf(SECRETS.other)), reached: true }] },
      CODES.no_route,
    ),
    play(
      {
        slug: "hello-forwarded",
        title: "A middlebox passes the Hello on as it came, and sends nothing of its own",
        requirements: ["RT-011", "RT-014", "RT-015"],
        plays: ["server"],
        ...middlebox,
        knows: knows(true),
      },
      (s) => {
        s.hello();
        s.forwards();
      },
    ),
    refusal(
      "hello-busy-before-route",
      "A limit goes before passing the connection on, with the key that opened the route",
      ["RT-012", "RT-013", "RT-026"],
      { knows: knows(true), limit: CODES.busy },
      CODES.busy,
    ),
    refusal(
      "hello-going-away-unknown-route",
      "A shutdown goes before no_route",
      ["RT-012", "RT-013"],
      { limit: CODES.going_away },
      CODES.going_away,
    ),
    refusal(
      "hello-names-the-middlebox",
      "The route names the middlebox itself, which serves nothing",
      ["RT-011", "RT-016", "HS-057"],
      { expected: viaKey },
      CODES.no_route,
      "challenge.refused",
    ),
    play(
      {
        slug: "hello-busy-stealth",
        title: "In stealth mode a limit is told once the route has opened",
        requirements: ["RT-012", "RT-023", "RT-026"],
        stealth: true,
        limit: CODES.busy,
      },
      (s) => refusedHello(s, CODES.busy, "challenge.refused"),
    ),
    play(
      {
        slug: "hello-first-use-stealth",
        title: "First use can't reach a server in stealth mode",
        requirements: ["RT-020", "RT-021", "RT-007"],
        stealth: true,
        expected: null,
      },
      (s) => {
        s.hello();
        s.fails("server", "hello.hidden");
      },
    ),
    play(
      {
        slug: "handshake-stealth",
        title: "In stealth mode a route that opens leads on as ever",
        requirements: ["RT-023"],
        stealth: true,
      },
      (s) => {
        s.handshake();
        greet(s);
      },
    ),
    play(
      {
        slug: "handshake-four-keys",
        title: "The fourth of four keys opens the route; the newest answers no other",
        requirements: ["HS-020", "RT-010", "RT-011"],
        expected: publicOf(SECRETS.serverOld),
        serverSecrets: [SECRETS.server, SECRETS.via, SECRETS.other, SECRETS.serverOld],
      },
      (s) => {
        s.hello();
        s.challenge({ secret: SECRETS.serverOld });
        s.response();
        s.verdict("Accept");
        greet(s);
      },
    ),
  ];
}
