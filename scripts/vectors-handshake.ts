/** The scenes of a handshake that goes well, whichever way. */
import { ascii, publicOf, zeros } from "../properties/reference/primitives.ts";
import type { Vector } from "./vectors-format.ts";
import { play, type Scene } from "./vectors-scene.ts";
import { SECRETS } from "./vectors-setting.ts";

/** A record each way and both Closes: what shows that a handshake went well. */
export function greet(s: Scene): void {
  s.record("client", "Data", "hello");
  s.record("server", "Data", "welcome");
  s.record("client", "Close");
  s.record("server", "Close");
}

export function handshakes(): Vector[] {
  return [
    play(
      {
        slug: "handshake",
        title: "A handshake to the end, the via key being the server's own",
        requirements: [
          "HS-001",
          "HS-005",
          "HS-024",
          "HS-029",
          "HS-044",
          "HS-056",
          "HS-073",
          "HS-083",
          "HS-096",
          "HS-105",
        ],
      },
      (s) => {
        s.handshake();
        greet(s);
      },
    ),
    play(
      {
        slug: "handshake-via",
        title:
          "With a via key of its own: the middlebox opens the route, the server behind it does not and answers all the same",
        requirements: ["RT-003", "RT-005", "RT-006", "RT-008", "RT-011", "RT-014"],
        via: publicOf(SECRETS.via),
        middlebox: SECRETS.via,
      },
      (s) => {
        s.handshake();
        greet(s);
      },
    ),
    play(
      {
        slug: "handshake-first-use",
        title: "First use: the route is random bytes, and the client trusts the key that it is shown",
        requirements: ["HS-026", "HS-061", "RT-007", "RT-009", "RT-011"],
        expected: null,
      },
      (s) => {
        s.handshake();
        greet(s);
      },
    ),
    play(
      {
        slug: "handshake-rotation",
        title: "The route names, and opens with, the older of the server's two keys, which answers",
        requirements: ["HS-020", "RT-010", "RT-011"],
        expected: publicOf(SECRETS.serverOld),
        serverSecrets: [SECRETS.server, SECRETS.serverOld],
      },
      (s) => {
        s.hello();
        s.challenge({ secret: SECRETS.serverOld });
        s.response();
        s.verdict("Accept");
        greet(s);
      },
    ),
    play(
      {
        slug: "handshake-context",
        title: "A context of 32 bytes, the second of those that the server serves",
        requirements: ["HS-021", "HS-022", "HS-072", "HS-078"],
        context: "hawser/vectors.01!~_ABCDEFGHIJKL",
        contexts: ["ssh", "hawser/vectors.01!~_ABCDEFGHIJKL"],
      },
      (s) => {
        s.handshake();
        greet(s);
      },
    ),
    play(
      {
        slug: "handshake-exporter",
        title: "Exports of the open channel",
        requirements: ["HS-106", "HS-108", "HS-109"],
      },
      (s) => {
        s.handshake();
        s.exporting("label", zeros(0), 32);
        s.exporting("label", zeros(0), 64);
        s.exporting("label", ascii("context"), 32);
        s.exporting("labelcontext", zeros(0), 32);
        s.exporting("x", Uint8Array.of(0, 255), 1);
        s.exporting("a label with blanks ~", new Uint8Array(300).fill(0xa5), 48);
      },
    ),
  ];
}
