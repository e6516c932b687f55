/** The messages of a scene's handshake, and what the ends know after each. */
import {
  challenge,
  encodeContext,
  type Hello,
  hello,
  makeHeader,
  readChallenge,
  response,
  verdictKey,
} from "../properties/reference/messages.ts";
import type { Symmetric } from "../properties/reference/noise.ts";
import { toHex, zeros } from "../properties/reference/primitives.ts";
import {
  blockPadding,
  encodePlaintext,
  fresh,
  sealRecord,
  typeNumber,
} from "../properties/reference/record.ts";
import { type StepFields, traceFields } from "./vectors-format.ts";
import { type Alter, SECRETS, type Setting, withDefaults } from "./vectors-setting.ts";
import type { Scene } from "./vectors-stage.ts";

/** Null before it is there. */
export interface Known {
  readonly first: Hello | null;
  readonly afterChallenge: { server: Symmetric; client: Symmetric | null; serverE: Uint8Array } | null;
  readonly afterResponse: Symmetric | null;
}

export const arrives = (bytes: Uint8Array, alter?: Alter): string | null =>
  alter === undefined ? null : toHex(alter(bytes));

export function need<T>(value: T | null): T {
  if (value === null) throw new Error("a scene that is out of order");
  return value;
}

export type HandshakeActs = Pick<
  Scene,
  "hello" | "hint" | "challenge" | "response" | "verdict" | "verdictOf"
>;

/** What happens goes to `steps`. */
export function handshakeActs(setting: Setting, steps: StepFields[]): { acts: HandshakeActs; known: Known } {
  const { serverSecrets, serverEphemeral, expected, randomRoute } = withDefaults(setting);
  const sentAs = setting.sentAs ?? {};
  let helloArrived: Uint8Array = zeros(0);
  let first: Known["first"] = null;
  let afterChallenge: Known["afterChallenge"] = null;
  let afterResponse: Known["afterResponse"] = null;

  const acts: HandshakeActs = {
    hello(alter, forged) {
      const route =
        expected === null ? { random48: randomRoute } : { serverKey: expected, via: setting.via ?? expected };
      const made = hello(SECRETS.clientEphemeral, makeHeader(), route, sentAs.clientE);
      if (made === "zero") throw new Error("a test key of low order");
      const bytes = forged ?? made.bytes;
      if (forged === undefined) first = made;
      helloArrived = alter === undefined ? bytes : alter(bytes);
      steps.push({
        kind: "message",
        name: "Hello",
        from: "client",
        bytes: toHex(bytes),
        arrives: arrives(bytes, alter),
        trace: forged === undefined ? traceFields(made.trace) : [],
        routeTrace: forged === undefined ? traceFields(made.routeTrace) : [],
      });
    },

    hint() {
      steps.push({
        kind: "message",
        name: "Hint",
        from: "server",
        bytes: toHex(makeHeader()),
        arrives: null,
        trace: [],
        routeTrace: [],
      });
      steps.push({ kind: "end", from: "server" });
    },

    challenge(how = {}) {
      const secret = how.secret ?? (serverSecrets[0] as Uint8Array);
      const made = challenge(helloArrived, serverEphemeral, secret, how.code ?? 0, {
        ...(sentAs.serverE === undefined ? {} : { e: sentAs.serverE }),
        ...(sentAs.server === undefined ? {} : { s: sentAs.server }),
      });
      if (made === "zero") throw new Error("a test key of low order");
      const forged = how.forged?.(need(first));
      const bytes = forged ?? made.bytes;
      if (forged === undefined) {
        const arrived = how.alter === undefined ? bytes : how.alter(bytes);
        const read = readChallenge(need(first).bytes, SECRETS.clientEphemeral, arrived);
        afterChallenge = {
          server: made.state,
          client: read === "bad" ? null : read.state,
          serverE: bytes.slice(0, 32),
        };
      }
      steps.push({
        kind: "message",
        name: "Challenge",
        from: "server",
        bytes: toHex(bytes),
        arrives: arrives(bytes, how.alter),
        trace: forged === undefined ? traceFields(made.trace) : [],
        routeTrace: [],
      });
    },

    response(alter, forged) {
      const state = need(afterChallenge);
      const made = response(
        need(state.client),
        SECRETS.client,
        state.serverE,
        encodeContext(setting.context ?? ""),
        sentAs.client,
      );
      const bytes = forged === undefined ? made.bytes : forged(need(state.client));
      steps.push({
        kind: "message",
        name: "Response",
        from: "client",
        bytes: toHex(bytes),
        arrives: arrives(bytes, alter),
        trace: forged === undefined ? traceFields(made.trace) : [],
        routeTrace: [],
      });
      if (forged !== undefined) return;
      afterResponse = made.state;
    },

    verdict(type, body = zeros(0), alter) {
      acts.verdictOf(
        type,
        encodePlaintext(typeNumber(type), body, blockPadding(256)(3 + body.length)),
        alter,
      );
    },

    verdictOf(name, plaintext, alter) {
      const wire = sealRecord(fresh(verdictKey(need(afterChallenge).server)), plaintext).wire;
      steps.push({
        kind: "record",
        name,
        from: "server",
        under: "verdict",
        key: toHex(verdictKey(need(afterChallenge).server)),
        nonce: "0",
        plaintext: toHex(plaintext),
        bytes: toHex(wire),
        arrives: arrives(wire, alter),
      });
    },
  };
  const known: Known = {
    get first() {
      return first;
    },
    get afterChallenge() {
      return afterChallenge;
    },
    get afterResponse() {
      return afterResponse;
    },
  };
  return { acts, known };
}
