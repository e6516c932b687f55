/** The scenes of keys in other bytes than their own, points of low order, routes, and messages of other connections. */
import {
  challenge,
  encodeContext,
  type Hello,
  hello,
  makeHeader,
  readChallenge,
  response,
  responseWithKey,
} from "../properties/reference/messages.ts";
import {
  encryptAndHash,
  initializeSymmetric,
  mixHash,
  mixKey,
  type Symmetric,
} from "../properties/reference/noise.ts";
import { ascii, concat, dh, fromHex, publicOf, u16, zeros } from "../properties/reference/primitives.ts";
import { encodeAlert } from "../properties/reference/record.ts";
import { CODES } from "../properties/reference/talk.ts";
import type { Vector } from "./vectors-format.ts";
import { greet } from "./vectors-handshake.ts";
import { play } from "./vectors-scene.ts";
import { highBit, SECRETS, type Setting } from "./vectors-setting.ts";

const serverKey = publicOf(SECRETS.server);

/** Public keys whose every shared secret is zero (RFC 7748 section 6.1), the values of p and above among them. */
export const LOW_ORDER = {
  one: "0100000000000000000000000000000000000000000000000000000000000000",
  "order-8": "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
  "order-8-other": "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
  "p-1": "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  p: "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "p+1": "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "zero-high": "0000000000000000000000000000000000000000000000000000000000000080",
} as const;

/** A Hello with this ephemeral key, and a route that opens where nobody looks for zeros. */
function lowHello(e: Uint8Array): Uint8Array {
  const header = makeHeader();
  const prologue = mixHash(
    initializeSymmetric("Noise_N_25519_ChaChaPoly_BLAKE2b"),
    concat(ascii("hawser route"), header),
  );
  const state = mixKey(mixHash(mixHash(prologue, serverKey), e), zeros(32));
  return concat(header, e, encryptAndHash(state, serverKey).ciphertext);
}

/** A Challenge that authenticates where nobody looks for zeros: `e`, or the long-term key, is of low order. */
function lowChallenge(made: Hello, e: Uint8Array | null, s: Uint8Array | null): Uint8Array {
  const sent = e ?? publicOf(SECRETS.serverEphemeral);
  const shared = (low: Uint8Array | null, secret: Uint8Array) =>
    low === null ? (dh(secret, publicOf(SECRETS.clientEphemeral)) ?? zeros(32)) : zeros(32);
  const key = encryptAndHash(
    mixKey(mixHash(made.state, sent), shared(e, SECRETS.serverEphemeral)),
    s ?? serverKey,
  );
  const code = encryptAndHash(mixKey(key.state, shared(s, SECRETS.server)), u16(0));
  return concat(sent, key.ciphertext, code.ciphertext);
}

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
  const lows = Object.entries(LOW_ORDER);
  const slugOf = (name: string) => name.replace("+", "-plus-").replace("p-1", "p-less-1");
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
    ...lows.map(([name, hex]) =>
      play(
        {
          slug: `hello-low-order-${slugOf(name)}`,
          title: `A hostile client's ephemeral key is of low order: ${name}`,
          requirements: ["NO-009", "NO-010", "HS-036"],
          plays: ["server"],
        },
        (s) => {
          s.hello(undefined, lowHello(fromHex(hex)));
          s.fails("server", "hello.zero");
        },
      ),
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
    ...lows.map(([name, hex]) =>
      play(
        {
          slug: `challenge-low-order-${slugOf(name)}`,
          title: `A hostile server's ephemeral key is of low order: ${name}`,
          requirements: ["NO-009", "NO-010", "HS-055"],
          plays: ["client"],
        },
        (s) => {
          s.hello();
          s.challenge({ forged: (made) => lowChallenge(made, fromHex(hex), null) });
          s.fails("client", "challenge.bad");
        },
      ),
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
    ...lows.map(([name, hex]) =>
      play(
        {
          slug: `response-low-order-${slugOf(name)}`,
          title: `A hostile client shows a long-term key of low order: ${name}`,
          requirements: ["NO-009", "NO-010", "HS-079"],
          plays: ["server"],
          decision: null,
        },
        (s) => {
          s.hello();
          s.challenge();
          s.response(undefined, (state: Symmetric) =>
            responseWithKey(state, fromHex(hex), zeros(32), encodeContext("")),
          );
          s.fails("server", "response.bad", { answer: CODES.bad_response });
          s.verdict("Alert", encodeAlert(CODES.bad_response, ""));
        },
      ),
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
        s.fails("server", "response.bad", { answer: CODES.bad_response });
        s.verdict("Alert", encodeAlert(CODES.bad_response, ""));
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
          s.fails("server", "response.wrongContext", { answer: CODES.wrong_context });
          s.verdict("Alert", encodeAlert(CODES.wrong_context, ""));
        },
      ),
    ),
  ];
}
