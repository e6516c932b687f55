/**
 * A scene: two ends, one message after the other, with whatever happens to each on its way. It is written down as
 * it is played, byte by byte and by the reference's functions alone.
 */
import {
  challenge,
  encodeContext,
  exporterSecret,
  exportKey,
  type Hello,
  hello,
  makeHeader,
  readChallenge,
  response,
  transportKeys,
  verdictKey,
} from "../properties/reference/messages.ts";
import type { Symmetric } from "../properties/reference/noise.ts";
import {
  ascii,
  blake2b,
  concat,
  publicOf,
  seal as sealBytes,
  sha256,
  toHex,
  u16,
  zeros,
} from "../properties/reference/primitives.ts";
import {
  blockPadding,
  type Direction,
  encodeAlert,
  encodePlaintext,
  fresh,
  noPadding,
  sealRecord,
  typeNumber,
} from "../properties/reference/record.ts";
import {
  alertName,
  type ClientFields,
  type ExportFields,
  type FailureFields,
  NOTICE,
  type Role,
  type ServerFields,
  type StepFields,
  traceFields,
  type Vector,
} from "./vectors-format.ts";
import { type Alter, pair, SECRETS, type Setting } from "./vectors-setting.ts";
import type { Scene } from "./vectors-stage.ts";

export type { Scene } from "./vectors-stage.ts";

const digest = (bytes: Uint8Array) => ({ length: bytes.length, sha256: toHex(sha256(bytes)) });
const other = (role: Role): Role => (role === "client" ? "server" : "client");
function scene(setting: Setting): Scene {
  const serverSecrets = setting.serverSecrets ?? [SECRETS.server];
  const serverEphemeral = setting.serverEphemeral ?? SECRETS.serverEphemeral;
  const sentAs = setting.sentAs ?? {};
  const expected = setting.expected === undefined ? publicOf(SECRETS.server) : setting.expected;
  const randomRoute = blake2b(ascii("the random bytes of a route")).slice(0, 48);
  const client: ClientFields = {
    longTerm: pair(SECRETS.client),
    ephemeral: pair(SECRETS.clientEphemeral),
    serverKey: expected === null ? null : toHex(expected),
    viaKey: setting.via === undefined ? null : toHex(setting.via),
    randomRoute: expected === null ? toHex(randomRoute) : null,
    context: setting.context ?? "",
    paddingBlock: setting.paddingBlock ?? null,
    ...(setting.rejects === undefined ? {} : { rejects: setting.rejects }),
  };
  const server: ServerFields = {
    longTerm: serverSecrets.map(pair),
    ephemeral: pair(serverEphemeral),
    contexts: setting.contexts ?? null,
    application: setting.application ?? true,
    stealth: setting.stealth ?? false,
    limit: setting.limit ?? null,
    decision: setting.decision === undefined ? "accept" : setting.decision,
    paddingBlock: setting.paddingBlock ?? null,
    ...(setting.knows === undefined ? {} : { knows: setting.knows }),
  };

  const steps: StepFields[] = [];
  const failures: FailureFields[] = [];
  const exported: ExportFields[] = [];
  const delivered: Record<Role, Uint8Array[]> = { client: [], server: [] };
  let first: Hello | null = null;
  let helloArrived: Uint8Array = zeros(0);
  let afterChallenge: { server: Symmetric; client: Symmetric | null; serverE: Uint8Array } | null = null;
  let afterResponse: Symmetric | null = null;
  let transport: Record<Role, Direction> | null = null;

  function need<T>(value: T | null): T {
    if (value === null) throw new Error(`${setting.slug}: out of order`);
    return value;
  }
  const arrives = (bytes: Uint8Array, alter?: Alter) => (alter === undefined ? null : toHex(alter(bytes)));

  function seal(from: Role, name: string, plaintext: Uint8Array, alter?: Alter, waited?: true): void {
    const directions = need(transport);
    const direction = directions[from];
    const sealed = sealRecord(direction, plaintext);
    directions[from] = sealed.next;
    steps.push({
      kind: "record",
      name,
      from,
      under: "transport",
      key: toHex(sealed.key),
      nonce: String(direction.nonce),
      plaintext: toHex(plaintext),
      bytes: toHex(sealed.wire),
      arrives: arrives(sealed.wire, alter),
      ...(waited === undefined ? {} : { waited }),
    });
  }

  let forwarded: { serverKey: string; bytes: string } | null = null;
  const self: Scene = {
    get transport() {
      return need(transport);
    },

    get helloBytes() {
      return need(first).bytes;
    },

    get length() {
      return steps.length;
    },

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
      const keys = transportKeys(made.state);
      transport = {
        client: fresh(keys.client, setting.counters?.client),
        server: fresh(keys.server, setting.counters?.server),
      };
    },

    verdict(type, body = zeros(0), alter) {
      self.verdictOf(
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

    handshake() {
      self.hello();
      self.challenge();
      self.response();
      self.verdict("Accept");
    },

    record(from, type, body = zeros(0), waited) {
      const bytes = typeof body === "string" ? ascii(body) : body;
      const length = setting.paddingBlock === undefined ? noPadding : blockPadding(setting.paddingBlock);
      const plaintext = encodePlaintext(typeNumber(type), bytes, length(3 + bytes.length));
      seal(from, type, plaintext, undefined, waited);
      if (type === "Data" && server.decision === "accept") delivered[other(from)].push(bytes);
    },

    hostile(from, name, plaintext, alter) {
      seal(from, name, plaintext, alter);
    },

    filled(from, size, { plaintextLength = 3 + size, waited } = {}) {
      const directions = need(transport);
      const body = new Uint8Array(size).fill(0x61);
      const direction = directions[from];
      const sealed = sealRecord(direction, encodePlaintext(0, body, plaintextLength));
      directions[from] = sealed.next;
      delivered[other(from)].push(body);
      steps.push({
        kind: "filled",
        name: "Data",
        from,
        key: toHex(sealed.key),
        nonce: String(direction.nonce),
        byte: "61",
        size,
        plaintextLength,
        ...digest(sealed.wire),
        ...(waited === undefined ? {} : { waited }),
      });
    },

    missealed(from, direction) {
      const plaintext = encodePlaintext(0, ascii("not delivered"));
      // As told, without the rekeying that would be due.
      const ciphertext = sealBytes(direction.key, direction.nonce, zeros(0), plaintext);
      const wire = concat(u16(ciphertext.length), ciphertext);
      steps.push({
        kind: "record",
        name: "Data",
        from,
        under: "transport",
        key: toHex(direction.key),
        nonce: String(direction.nonce),
        plaintext: toHex(plaintext),
        bytes: toHex(wire),
        arrives: null,
      });
    },

    raw(from, bytes) {
      steps.push({ kind: "raw", from, bytes: toHex(bytes) });
    },

    call(from, call) {
      steps.push({ kind: "call", from, ...call } as StepFields);
    },

    reset(from) {
      steps.push({ kind: "reset", from });
    },

    replay(from) {
      const last = steps.at(-1);
      if (last?.kind !== "record" || last.from !== from) throw new Error("nothing to replay");
      steps.push(last);
    },

    repeat(from, count) {
      const directions = need(transport);
      const plaintext = encodePlaintext(typeNumber("Data"), zeros(1));
      const firstNonce = directions[from].nonce;
      const wires: Uint8Array[] = [];
      for (let i = 0; i < count; i++) {
        const sealed_ = sealRecord(directions[from], plaintext);
        wires.push(sealed_.wire);
        directions[from] = sealed_.next;
      }
      delivered[other(from)].push(zeros(count));
      const whole = concat(...wires);
      steps.push({
        kind: "repeat",
        name: "Data",
        from,
        count,
        key: toHex(directions[from].key),
        firstNonce: String(firstNonce),
        plaintext: toHex(plaintext),
        ...digest(whole),
      });
    },

    forwards() {
      forwarded = {
        serverKey: toHex(need(expected)),
        bytes: steps.map((step) => ("bytes" in step ? step.bytes : "")).join(""),
      };
    },

    end(from) {
      steps.push({ kind: "end", from });
    },

    alert(from, code) {
      self.record(from, "Alert", encodeAlert(code, ""));
      self.fails(other(from), "record.alert", { received: code });
    },

    fails(by, event, more = {}) {
      const { answer } = more;
      failures.push({
        by,
        step: more.step ?? steps.length - 1,
        event,
        check: more.check ?? null,
        received: more.received === undefined ? null : { code: more.received, message: more.words ?? "" },
        answer:
          answer === undefined
            ? "silence"
            : answer === "hint"
              ? "hint"
              : { code: answer, name: alertName(answer) },
        delivered: digest(concat(...delivered[by])),
      });
    },

    exporting(label, context, length) {
      const output = exportKey(exporterSecret(need(afterResponse)), ascii(label), context, length);
      exported.push({ label, context: toHex(context), length, output: toHex(output) });
    },

    done() {
      const hex = <T>(value: T | null, of: (value: T) => Uint8Array) =>
        value === null ? null : toHex(of(value));
      const keys = afterResponse === null ? null : transportKeys(afterResponse);
      return {
        slug: setting.slug,
        title: setting.title,
        notice: NOTICE,
        version: 1,
        suite: 1,
        requirements: setting.requirements,
        plays: setting.plays ?? ["client", "server"],
        client,
        server,
        middlebox: setting.middlebox === undefined ? null : pair(setting.middlebox),
        ...(setting.counters === undefined
          ? {}
          : {
              counters: {
                client: String(setting.counters.client),
                server: String(setting.counters.server),
              },
            }),
        steps,
        derived: {
          h1: hex(first, (made) => made.state.h),
          h2: hex(afterChallenge, (state) => state.server.h),
          verdictKey: hex(afterChallenge, (state) => verdictKey(state.server)),
          h3: hex(afterResponse, (state) => state.h),
          clientKey: hex(keys, (both) => both.client),
          serverKey: hex(keys, (both) => both.server),
          exporterSecret: hex(afterResponse, exporterSecret),
        },
        exports: exported,
        delivered: {
          client: digest(concat(...delivered.client)),
          server: digest(concat(...delivered.server)),
        },
        ...(forwarded === null ? {} : { forwarded }),
        failures,
      };
    },
  };

  return self;
}

/** Plays a whole scene. */
export function play(setting: Setting, act: (s: Scene) => void): Vector {
  const s = scene(setting);
  act(s);
  return s.done();
}
