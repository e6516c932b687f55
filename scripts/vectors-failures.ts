/** The scenes in which a message of the handshake fails, in the messages' order. */
import { ascii, publicOf, u16, zeros } from "../properties/reference/primitives.ts";
import { encodeAlert, encodePlaintext } from "../properties/reference/record.ts";
import { CODES } from "../properties/reference/talk.ts";
import { refusedByVerdict, refusedHello } from "./vectors-acts.ts";
import type { Vector } from "./vectors-format.ts";
import { lowChallenge, lowHello, lowResponse } from "./vectors-low-order.ts";
import { play, type Scene } from "./vectors-scene.ts";
import { flip, put, SECRETS } from "./vectors-setting.ts";

const viaKey = publicOf(SECRETS.via);
/** A public key whose every shared secret is zero. */
const zeroKey = zeros(32);

export function helloFailures(): Vector[] {
  const headers: [string, string, number, string][] = [
    ["version", "a version that is not spoken", 4, "HS-009"],
    ["suite", "a suite that is not spoken", 5, "HS-009"],
    ["flags", "flags that are not 0", 7, "HS-009"],
  ];
  return [
    play(
      {
        slug: "hello-alien",
        title: "Hello altered on its way: the first bytes are not HWSR, and the server says nothing",
        requirements: ["HS-008", "HS-007"],
      },
      (s) => {
        s.hello(flip(0));
        s.fails("server", "header.alien");
      },
    ),
    ...headers.map(([name, what, at, id]) =>
      play(
        {
          slug: `hello-${name}`,
          title: `Hello altered on its way: ${what}, so the server answers with a hint, which equals the client's own header`,
          requirements: [id, "HS-007", "HS-011", "HS-012", "HS-013"],
        },
        (s) => {
          s.hello(put(at, Uint8Array.of(at === 7 ? 1 : 2)));
          s.fails("server", "header.unsupported", { answer: "hint" });
          s.hint();
          s.fails("client", "eof.hint");
        },
      ),
    ),
    play(
      {
        slug: "hello-version-stealth",
        title: "Hello altered on its way: a version that is not spoken, in stealth mode, so there is no hint",
        requirements: ["HS-010", "RT-020", "RT-021"],
        stealth: true,
      },
      (s) => {
        s.hello(put(4, Uint8Array.of(2)));
        s.fails("server", "hello.hidden");
      },
    ),
    play(
      {
        slug: "hello-zero-output",
        title:
          "A hostile client's ephemeral key is of low order, with a route that opens where zeros are not refused",
        requirements: ["NO-010", "HS-036"],
        plays: ["server"],
      },
      (s) => {
        s.hello(undefined, lowHello(zeroKey));
        s.fails("server", "hello.zero");
      },
    ),
    play(
      {
        slug: "hello-route-altered",
        title:
          "The route altered on its way: it does not open, the server answers, and the client finds another transcript",
        requirements: ["RT-009", "RT-011", "HS-028", "HS-055"],
      },
      (s) => {
        s.hello(flip(-1));
        s.challenge();
        s.fails("client", "challenge.bad");
      },
    ),
    play(
      {
        slug: "hello-route-shut-stealth",
        title: "A route to a via key that the server does not hold, in stealth mode",
        requirements: ["RT-020", "RT-021", "RT-011"],
        via: viaKey,
        stealth: true,
      },
      (s) => {
        s.hello();
        s.fails("server", "hello.hidden");
      },
    ),
    play(
      {
        slug: "hello-no-route",
        title: "A middlebox opens a route that names a server it does not know",
        requirements: ["RT-011", "HS-046", "HS-058"],
        via: viaKey,
        middlebox: SECRETS.via,
        serverSecrets: [SECRETS.via],
        application: false,
      },
      (s) => refusedHello(s, CODES.no_route, "challenge.middlebox"),
    ),
    play(
      {
        slug: "hello-busy",
        title: "The server refuses at its limit on connections, with the key that the client expects",
        requirements: ["RT-012", "RT-013", "HS-046", "HS-047", "HS-057"],
        limit: CODES.busy,
      },
      (s) => refusedHello(s, CODES.busy, "challenge.refused"),
    ),
    play(
      {
        slug: "hello-first-use-refused",
        title: "First use at a middlebox: a refusal that nothing authenticates",
        requirements: ["HS-060", "RT-011"],
        expected: null,
        middlebox: SECRETS.via,
        serverSecrets: [SECRETS.via],
        application: false,
      },
      (s) => refusedHello(s, CODES.no_route, "challenge.refusedFirstUse"),
    ),
  ];
}

export function challengeFailures(): Vector[] {
  const flips: [string, string, number, string][] = [
    ["ephemeral", "the server's ephemeral key", 0, "HS-052"],
    ["key", "the tag of the server's key", 79, "HS-052"],
    ["code", "the tag of the code", 97, "HS-054"],
  ];
  return [
    ...flips.map(([name, what, at, id]) =>
      play(
        {
          slug: `challenge-${name}-altered`,
          title: `Challenge altered on its way: ${what}; the client says nothing`,
          requirements: [id, "HS-055", "HS-064"],
        },
        (s) => {
          s.hello();
          s.challenge({ alter: flip(at) });
          s.fails("client", "challenge.bad");
        },
      ),
    ),
    play(
      {
        slug: "challenge-wrong-key",
        title: "The server does not hold the key that the client expects and answers with its own",
        requirements: ["RT-011", "HS-059", "HS-064"],
        expected: publicOf(SECRETS.other),
      },
      (s) => {
        s.hello();
        s.challenge();
        s.fails("client", "challenge.mismatch");
      },
    ),
    play(
      {
        slug: "challenge-via-key",
        title: "A hostile middlebox answers with the via key and code 0, as if it were the server",
        requirements: ["HS-059", "HS-063"],
        plays: ["client"],
        via: viaKey,
        middlebox: SECRETS.via,
        serverSecrets: [SECRETS.via],
      },
      (s) => {
        s.hello();
        s.challenge();
        s.fails("client", "challenge.mismatch");
      },
    ),
    play(
      {
        slug: "challenge-zero-output",
        title:
          "A hostile server's ephemeral key is of low order, in a Challenge that authenticates where zeros are not refused",
        requirements: ["NO-010", "HS-055"],
        plays: ["client"],
      },
      (s) => {
        s.hello();
        s.challenge({ forged: (made) => lowChallenge(made, zeroKey, null) });
        s.fails("client", "challenge.bad");
      },
    ),
  ];
}

/** The server fails and says so in its Verdict, which the client reads. */
function refused(s: Scene, event: string, code: number, message = ""): void {
  refusedByVerdict(s, event, code, message);
  s.fails("client", "verdict.alert", { received: code, words: message });
}

export function responseFailures(): Vector[] {
  const flips: [string, string, number, string][] = [
    ["key", "the client's key", 0, "HS-076"],
    ["context", "the tag of the context", 95, "HS-078"],
  ];
  return [
    ...flips.map(([name, what, at, id]) =>
      play(
        {
          slug: `response-${name}-altered`,
          title: `Response altered on its way: ${what}; the reason arrives as the Verdict`,
          requirements: [id, "HS-079", "HS-090", "HS-101"],
          decision: null,
        },
        (s) => {
          s.hello();
          s.challenge();
          s.response(flip(at));
          refused(s, "response.bad", CODES.bad_response);
        },
      ),
    ),
    play(
      {
        slug: "response-zero-output",
        title:
          "A hostile client shows a key of low order, in a Response that authenticates where zeros are not refused",
        requirements: ["NO-010", "HS-079"],
        plays: ["server"],
        decision: null,
      },
      (s) => {
        s.hello();
        s.challenge();
        s.response(undefined, lowResponse(zeroKey));
        refused(s, "response.bad", CODES.bad_response);
      },
    ),
    play(
      {
        slug: "response-wrong-context",
        title: "A context that the server does not serve; data sent early is dropped unopened",
        requirements: ["HS-081", "HS-089", "HS-101", "HS-112"],
        context: "ssh",
        decision: null,
      },
      (s) => {
        s.hello();
        s.challenge();
        s.response();
        s.fails("server", "response.wrongContext", { answer: CODES.wrong_context });
        s.record("client", "Data", "sent early");
        s.verdict("Alert", encodeAlert(CODES.wrong_context, ""));
        s.fails("client", "verdict.alert", { received: CODES.wrong_context });
      },
    ),
  ];
}

export function verdictFailures(): Vector[] {
  const message = "This key is not on the list – ask the operator ✋";
  return [
    play(
      {
        slug: "verdict-not-authorized",
        title: "The application refuses the client's key, with words",
        requirements: ["HS-084", "HS-086", "HS-096", "HS-101", "AL-011", "AL-021"],
        decision: { code: CODES.not_authorized, message },
      },
      (s) => {
        s.hello();
        s.challenge();
        s.response();
        refused(s, "refuse", CODES.not_authorized, message);
      },
    ),
    play(
      {
        slug: "verdict-altered",
        title: "Verdict altered on its way: the client answers with an Alert under its transport key",
        requirements: ["HS-098", "HS-099", "HS-103", "RC-013"],
      },
      (s) => {
        s.hello();
        s.challenge();
        s.response();
        s.verdict("Accept", zeros(0), flip(-1));
        s.fails("client", "verdict.bad", { check: "cipher", answer: CODES.bad_record });
        s.alert("client", CODES.bad_record);
      },
    ),
    play(
      {
        slug: "verdict-data",
        title: "A hostile server sends Data as the Verdict",
        requirements: ["HS-094", "HS-102", "HS-103"],
        plays: ["client"],
      },
      (s) => {
        s.hello();
        s.challenge();
        s.response();
        s.verdictOf("Data", encodePlaintext(0, ascii("not a Verdict"), 256));
        s.fails("client", "verdict.unexpected", { answer: CODES.unexpected_record });
        s.alert("client", CODES.unexpected_record);
      },
    ),
    play(
      {
        slug: "verdict-malformed-alert",
        title: "A hostile server sends an Alert with code 0 as the Verdict: the client says nothing",
        requirements: ["HS-099", "AL-024"],
        plays: ["client"],
      },
      (s) => {
        s.hello();
        s.challenge();
        s.response();
        s.verdictOf("Alert", encodePlaintext(1, u16(0), 256));
        s.fails("client", "verdict.malformedAlert", { check: "body" });
      },
    ),
    play(
      {
        slug: "verdict-unpadded",
        title: "A server that does not pad its Verdict is not refused for it",
        requirements: ["HS-097"],
        plays: ["client"],
      },
      (s) => {
        s.hello();
        s.challenge();
        s.response();
        s.verdictOf("Accept", encodePlaintext(2, zeros(0)));
        s.record("client", "Close");
        s.record("server", "Data", "so be it");
        s.record("server", "Close");
      },
    ),
  ];
}
