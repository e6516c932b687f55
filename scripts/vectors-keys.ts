/** The scenes of keys in other bytes than their own, points of low order, routes, and messages of other connections. */
import {
  challenge,
  encodeContext,
  hello,
  makeHeader,
  readChallenge,
  response,
  responseWithKey,
} from "../properties/reference/messages.ts";
import { dh, fromHex, publicOf } from "../properties/reference/primitives.ts";
import { CODES } from "../properties/reference/talk.ts";
import { begun, challenged, refusedByVerdict } from "./vectors-acts.ts";
import type { Vector } from "./vectors-format.ts";
import { greet } from "./vectors-handshake.ts";
import { LOW_ORDER, lowChallenge, lowHello, lowResponse } from "./vectors-low-order.ts";
import { play } from "./vectors-scene.ts";
import { highBit, SECRETS, type Setting } from "./vectors-setting.ts";

const serverKey = publicOf(SECRETS.server);

export function keysOnTheWire(): Vector[] {
  const high: [string, string, string[], Partial<Setting>][] = [
    [
      "handshake-high-bit-client-ephemeral",
      "A client's ephemeral key with its highest bit set: DH ignores it, the transcript has it",
      ["NO-009", "HS-033", "RT-004"],
      { plays: ["server"], sentAs: { clientE: highBit(publicOf(SECRETS.clientEphemeral)) } },
    ],
    [
      "handshake-high-bit-client-key",
      "A client's long-term key with its highest bit set is shown and hashed as it came",
      ["NO-009", "NO-020", "HS-076", "HS-082"],
      { plays: ["server"], sentAs: { client: highBit(publicOf(SECRETS.client)) } },
    ],
    [
      "handshake-high-bit-server-ephemeral",
      "A server's ephemeral key with its highest bit set",
      ["NO-009", "HS-050", "HS-051"],
      { plays: ["client"], sentAs: { serverE: highBit(publicOf(SECRETS.serverEphemeral)) } },
    ],
    [
      "handshake-high-bit-server-key",
      "The expected key has its highest bit set, and so has the server's as it comes",
      ["NO-009", "NO-020", "HS-053", "HS-056"],
      { plays: ["client"], expected: highBit(serverKey), sentAs: { server: highBit(serverKey) } },
    ],
  ];
  return [
    ...high.map(([slug, title, requirements, setting]) =>
      play({ slug, title, requirements, ...setting }, (s) => {
        s.handshake();
        greet(s);
      }),
    ),
    play(
      {
        slug: "challenge-high-bit-mismatch",
        title: "The expected key with its highest bit set is another key: keys are compared as 32 bytes",
        requirements: ["NO-020", "HS-059"],
        plays: ["client"],
        sentAs: { server: highBit(serverKey) },
      },
      (s) => {
        s.hello();
        s.challenge();
        s.fails("client", "challenge.mismatch");
      },
    ),
    play(
      {
        slug: "hello-low-order-stealth",
        title: "The same in stealth mode: hidden",
        requirements: ["HS-036", "RT-020", "RT-021"],
        plays: ["server"],
        stealth: true,
      },
      (s) => {
        s.hello(undefined, lowHello(fromHex(LOW_ORDER.one)));
        s.fails("server", "hello.hidden");
      },
    ),
    play(
      {
        slug: "challenge-low-order-key",
        title: "First use: a hostile server shows a long-term key of low order",
        requirements: ["NO-010", "HS-053", "HS-055"],
        plays: ["client"],
        expected: null,
      },
      (s) => {
        s.hello();
        s.challenge({ forged: (made) => lowChallenge(made, null, fromHex(LOW_ORDER["order-8"])) });
        s.fails("client", "challenge.bad");
      },
    ),
    ...Object.entries(LOW_ORDER).flatMap(([name, hex]) => lowOrder(name, fromHex(hex))),
  ];
}

/** A point of low order wherever a key is. */
function lowOrder(name: string, point: Uint8Array): Vector[] {
  const slug = name.replace("+", "-plus-").replace("p-1", "p-less-1");
  return [
    begun(
      `hello-low-order-${slug}`,
      `A hostile client's ephemeral key is of low order: ${name}`,
      ["NO-009", "NO-010", "HS-036"],
      { plays: ["server"] },
      (s) => {
        s.hello(undefined, lowHello(point));
        s.fails("server", "hello.zero");
      },
    ),
    begun(
      `challenge-low-order-${slug}`,
      `A hostile server's ephemeral key is of low order: ${name}`,
      ["NO-009", "NO-010", "HS-055"],
      { plays: ["client"] },
      (s) => {
        s.hello();
        s.challenge({ forged: (made) => lowChallenge(made, point, null) });
        s.fails("client", "challenge.bad");
      },
    ),
    challenged(
      `response-low-order-${slug}`,
      `A hostile client shows a long-term key of low order: ${name}`,
      ["NO-009", "NO-010", "HS-079"],
      { plays: ["server"], decision: null },
      (s) => {
        s.response(undefined, lowResponse(point));
        refusedByVerdict(s, "response.bad", CODES.bad_response);
      },
    ),
  ];
}

/** What was made for another connection, with the same long-term keys and another ephemeral key of one end. */
export function replays(): Vector[] {
  const route = { serverKey, via: serverKey };
  const other = (clientE: Uint8Array, serverE: Uint8Array) => {
    const first = hello(clientE, makeHeader(), route);
    if (first === "zero") throw new Error("a test key of low order");
    const second = challenge(first.bytes, serverE, SECRETS.server, 0);
    if (second === "zero") throw new Error("a test key of low order");
    const read = readChallenge(first.bytes, clientE, second.bytes);
    if (read === "bad") throw new Error("the reference does not agree with itself");
    const third = response(read.state, SECRETS.client, read.serverE, encodeContext(""));
    return { challenge: second.bytes, response: third.bytes };
  };
  const badContext = (bytes: string): [string, Uint8Array] => [bytes, fromHex(bytes.padEnd(64, "0"))];
  const contexts: [string, string, [string, Uint8Array], Partial<Setting>][] = [
    ["case", "in another case", badContext("535348"), { contexts: ["ssh"] }],
    [
      "absent",
      "none, where the server has a list without the empty one",
      badContext(""),
      { contexts: ["ssh"] },
    ],
    ["inner-zero", "with a zero inside it", badContext("7300736800"), { contexts: ["ssh", "s"] }],
    ["longer", "that begins with one that is served", badContext("73736832"), { contexts: ["ssh"] }],
  ];
  return [
    play(
      {
        slug: "challenge-replayed",
        title: "A Challenge to another Hello of the same client",
        requirements: ["HS-004", "HS-055"],
        plays: ["client"],
      },
      (s) => {
        s.hello();
        const { challenge: bytes } = other(SECRETS.serverEphemeralBefore, SECRETS.serverEphemeral);
        s.challenge({ forged: () => bytes });
        s.fails("client", "challenge.bad");
      },
    ),
    play(
      {
        slug: "response-replayed",
        title:
          "Hello and Response of an earlier connection, sent again: the server's ephemeral key is another",
        requirements: ["HS-004", "HS-079"],
        plays: ["server"],
        decision: null,
      },
      (s) => {
        s.hello();
        s.challenge();
        const { response: bytes } = other(SECRETS.clientEphemeral, SECRETS.serverEphemeralBefore);
        s.response(undefined, () => bytes);
        refusedByVerdict(s, "response.bad", CODES.bad_response);
      },
    ),
    ...contexts.map(([name, title, [, context], setting]) =>
      play(
        {
          slug: `response-context-${name}`,
          title: `A context ${title}: contexts are compared as 32 bytes`,
          requirements: ["HS-021", "HS-022", "HS-081"],
          plays: ["server"],
          decision: null,
          ...setting,
        },
        (s) => {
          s.hello();
          s.challenge();
          s.response(undefined, (state) => {
            const se = dh(SECRETS.client, publicOf(SECRETS.serverEphemeral));
            if (se === null) throw new Error("a test key of low order");
            return responseWithKey(state, publicOf(SECRETS.client), se, context);
          });
          refusedByVerdict(s, "response.wrongContext", CODES.wrong_context);
        },
      ),
    ),
  ];
}
