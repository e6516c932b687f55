/**
 * Each role from its first byte to its last, as one function: given all that the peer will ever send, what the
 * application does, and all randomness, what does this end send, deliver and report? A long-term key's DH takes
 * no time here.
 */
import {
  CHALLENGE_SIZE,
  challenge,
  encodeContext,
  exporterSecret,
  HELLO_SIZE,
  hello,
  judgeHeader,
  makeHeader,
  openRoute,
  RESPONSE_SIZE,
  readChallenge,
  readResponse,
  response,
  transportKeys,
  verdictKey,
} from "./messages.ts";
import { ascii, concat, equal, publicOf } from "./primitives.ts";
import {
  encodeAlert,
  fresh,
  MAX_BODY,
  MAX_WIRE,
  openRecord,
  type Padding,
  TYPES,
  verdictRecord,
} from "./record.ts";
import {
  type Account,
  alertReceived,
  blank,
  CODES,
  fail,
  failOnRecord,
  failWithAlert,
  lengthFailed,
  type Sender,
  send,
  talk,
  waiting,
  wholeRecord,
  wireLength,
} from "./talk.ts";
import { type Script, start, until, whileHolding } from "./timeline.ts";

export interface Client {
  readonly staticSecret: Uint8Array;
  readonly ephemeralSecret: Uint8Array;
  /** None on first use; then the route is `random48`. */
  readonly serverKey: Uint8Array | null;
  /** None: the server's key. */
  readonly via: Uint8Array | null;
  readonly random48: Uint8Array;
  readonly context: string;
  readonly padding: Padding;
  /** The nonces that the directions begin with; 0 unless given. */
  readonly counters?: Counters;
}

export interface Counters {
  readonly client: bigint;
  readonly server: bigint;
}

export function runClient(client: Client, script: Script): Account {
  const account = blank("AwaitChallenge");
  const { input } = script;
  const clock = start();
  if (client.serverKey === null && client.via !== null) return fail(account, { event: "configuration" });

  const route =
    client.serverKey === null
      ? { random48: client.random48 }
      : { serverKey: client.serverKey, via: client.via ?? client.serverKey };
  const header = makeHeader();
  const first = hello(client.ephemeralSecret, header, route);
  if (first === "zero") return fail(account, { event: "configuration" });
  account.sent.push(first.bytes);

  // AwaitChallenge. Writes queue; whatever else ends it says nothing.
  const queue: Uint8Array[] = [];
  for (;;) {
    const next = until(script, clock, CHALLENGE_SIZE);
    if (next === "bytes") break;
    if (next === "never") return waiting(account, "AwaitChallenge");
    if (next === "reset") return fail(account, { event: "reset" });
    if (next === "eof") {
      if (input.length === 0) return fail(account, { event: "eof" });
      const hint = input.length === 8 && equal(input.subarray(0, 4), ascii("HWSR"));
      return fail(account, { event: hint ? "eof.hint" : "eof.partial" });
    }
    if (next.call === "write") queue.push(next.data);
    else if (next.call === "close" || next.call === "alert") return fail(account, { event: next.call });
    else if (next.call === "deadline") return fail(account, { event: "time.handshake" });
    else if (next.call !== "flushed") account.misused.push(next);
  }

  // The Challenge, judged in the order of the text.
  const read = readChallenge(first.bytes, client.ephemeralSecret, input.slice(0, CHALLENGE_SIZE));
  if (read === "bad") return fail(account, { event: "challenge.bad" });
  const { code, serverKey } = read;
  account.peerKey = serverKey;
  if (client.serverKey !== null) {
    const isServer = equal(serverKey, client.serverKey);
    const isVia = client.via !== null && equal(serverKey, client.via);
    if (isServer && code !== 0) return fail(account, { event: "challenge.refused", code });
    if (!isServer && isVia && code !== 0) return fail(account, { event: "challenge.middlebox", code });
    if (!isServer) return fail(account, { event: "challenge.mismatch" });
  } else {
    if (code !== 0) return fail(account, { event: "challenge.refusedFirstUse", code });
    // Judging. Input is held; its end is remembered if there is anything that it could be the end of.
    for (;;) {
      const next = whileHolding(script, clock);
      if (next === "never") return waiting(account, "Judging");
      if (next === "eof" && input.length > CHALLENGE_SIZE) continue;
      if (next === "eof" || next === "reset") return fail(account, { event: next });
      if (next.call === "trust") break;
      if (next.call === "distrust") return fail(account, { event: "reject" });
      if (next.call === "write") queue.push(next.data);
      else if (next.call === "close" || next.call === "alert") return fail(account, { event: next.call });
      else if (next.call === "deadline") return fail(account, { event: "time.handshake" });
      else if (next.call !== "flushed") account.misused.push(next);
    }
  }

  const third = response(read.state, client.staticSecret, read.serverE, encodeContext(client.context));
  account.sent.push(third.bytes);
  account.h3 = third.state.h;
  account.exporter = exporterSecret(third.state);
  account.context = encodeContext(client.context);
  const keys = transportKeys(third.state);
  const counters = client.counters ?? { client: 0n, server: 0n };
  const direction = fresh(keys.client, counters.client);
  const sender: Sender = { direction, padding: client.padding, closed: false };

  // AwaitVerdict. At most 65,537 bytes of Data records on the wire; what does not fit waits, and all behind it.
  let spent = 0;
  let closeOwed = false;
  const sendQueued = (limit: number): void => {
    // What waits is one run of bytes: where one write ended and the next began means nothing (RC-024).
    if (queue.length > 1) queue.splice(0, queue.length, concat(...queue));
    for (let data = queue.shift(); data !== undefined; data = queue.shift()) {
      let size = Math.min(data.length, MAX_BODY);
      while (size > 0 && spent + wireLength(sender, size) > limit) size--;
      if (size > 0) {
        send(account, sender, "Data", data.slice(0, size));
        spent += wireLength(sender, size);
      }
      if (size < data.length) queue.unshift(data.slice(size));
      if (size === 0 && data.length > 0) return;
    }
    if (closeOwed) send(account, sender, "Close", new Uint8Array(0));
    if (closeOwed) sender.closed = true;
    closeOwed = false;
  };
  sendQueued(MAX_WIRE);
  let verdictEnd = CHALLENGE_SIZE + 2;
  for (;;) {
    const next = until(script, clock, verdictEnd);
    if (next === "bytes") {
      if (verdictEnd > CHALLENGE_SIZE + 2) break;
      const size = wholeRecord(input, CHALLENGE_SIZE);
      if (size === "bad") return failOnRecord(account, sender, lengthFailed, "verdict");
      verdictEnd = CHALLENGE_SIZE + size;
      continue;
    }
    if (next === "never") return waiting(account, "AwaitVerdict");
    if (next === "reset") return fail(account, { event: "reset" });
    if (next === "eof") {
      return fail(account, { event: input.length === CHALLENGE_SIZE ? "eof" : "eof.partial" });
    }
    const closed = sender.closed || closeOwed;
    if (next.call === "write" && !closed) queue.push(next.data);
    else if (next.call === "close") closeOwed = !sender.closed;
    else if (next.call === "alert") {
      return failWithAlert(account, sender, next.code, next.message, { event: "alert" });
    } else if (next.call === "deadline") {
      return failWithAlert(account, sender, CODES.timeout, "", { event: "time.handshake" });
    } else if (next.call !== "flushed") account.misused.push(next);
    sendQueued(MAX_WIRE);
  }

  const verdict = openRecord(fresh(verdictKey(read.state)), input.slice(CHALLENGE_SIZE, verdictEnd));
  if ("failed" in verdict) return failOnRecord(account, sender, verdict, "verdict");
  switch (TYPES[verdict.type]) {
    case "Accept":
      sendQueued(Number.POSITIVE_INFINITY);
      return talk(account, script, clock, verdictEnd, sender, fresh(keys.server, counters.server));
    case "Alert":
      return fail(account, alertReceived(verdict, "verdict.alert"));
    default:
      return failWithAlert(account, sender, CODES.unexpected_record, "", { event: "verdict.unexpected" });
  }
}

export interface Server {
  /** One to four, newest first. */
  readonly staticSecrets: readonly Uint8Array[];
  readonly ephemeralSecret: Uint8Array;
  /** The contexts that it serves; none: only the empty one. */
  readonly contexts: readonly string[] | null;
  readonly stealth: boolean;
  /** False: a middlebox without an application. */
  readonly serves: boolean;
  /** A middlebox that routes: what becomes of a connection to this key. Absent: it does not route. */
  readonly route: ((serverKey: Uint8Array) => "forward" | "unreachable" | "no_route") | null;
  readonly padding: Padding;
  /** As the client's. */
  readonly counters?: Counters;
}

export function runServer(server: Server, script: Script): Account {
  const account = blank("AwaitHello");
  const { input } = script;
  const clock = start();

  // Until a route has opened, a server in stealth mode sends nothing, whatever happens.
  const unrouted = (event: string, say: Uint8Array | null): Account => {
    if (server.stealth) return fail(account, { event: "hello.hidden" });
    if (say !== null) account.sent.push(say);
    account.halfClosed = say !== null;
    return fail(account, { event });
  };

  // AwaitHello. The header is judged once its 8 bytes are there; a limit or a shutdown waits for the route.
  let refusal = 0;
  let need = 8;
  for (;;) {
    const next = until(script, clock, need);
    if (next === "bytes") {
      if (need === HELLO_SIZE) break;
      const header = judgeHeader(input.subarray(0, 8));
      if (header === "alien") return unrouted("header.alien", null);
      if (header === "unsupported") return unrouted("header.unsupported", makeHeader());
      need = HELLO_SIZE;
      continue;
    }
    if (next === "never") return waiting(account, "AwaitHello");
    if (next === "eof" && input.length === 0) {
      account.outcome = { state: "closed" };
      return account;
    }
    if (next === "eof") return fail(account, { event: "eof.partial" });
    if (next === "reset") return fail(account, { event: "reset" });
    if (next.call === "deadline") return fail(account, { event: "time.handshake" });
    if (next.call === "alert") return fail(account, { event: "alert" });
    if (next.call === "refuse") refusal = refusal === 0 ? next.code : refusal;
    else if (next.call !== "flushed") account.misused.push(next);
  }

  // The route, tried with each key, newest first.
  const helloBytes = input.slice(0, HELLO_SIZE);
  let opener: Uint8Array | null = null;
  let named: Uint8Array | null = null;
  for (const secret of server.staticSecrets) {
    const opened = openRoute(helloBytes, secret);
    if (opened === "zero") return unrouted("hello.zero", null);
    if (opened === "shut") continue;
    opener = secret;
    named = opened.named;
    break;
  }

  // Who answers, and with which code: the first row that fits.
  const newest = server.staticSecrets[0] as Uint8Array;
  const wanted = named;
  const own =
    wanted === null ? undefined : server.staticSecrets.find((each) => equal(publicOf(each), wanted));
  let answerer: Uint8Array;
  let code: number;
  let looked = false;
  if (own !== undefined) {
    answerer = own;
    code = server.serves ? 0 : CODES.no_route;
  } else if (opener !== null && named !== null) {
    // A middlebox that routes looks for the server first, and refuses afterwards, by a call of its own.
    looked = refusal === 0 && server.route !== null;
    const found = looked && server.route !== null ? server.route(named) : "no_route";
    if (found === "forward") {
      account.outcome = { state: "forwarded", to: named };
      return account;
    }
    answerer = opener;
    code = CODES[found];
  } else {
    if (server.stealth) return fail(account, { event: "hello.hidden" });
    answerer = newest;
    code = server.serves ? 0 : CODES.no_route;
  }
  if (refusal !== 0) code = refusal;

  const second = challenge(helloBytes, server.ephemeralSecret, answerer, code);
  if (second === "zero") return fail(account, { event: "hello.zero" });
  account.sent.push(second.bytes);
  if (code !== 0) {
    account.halfClosed = true;
    account.alerted = code;
    return fail(account, { event: looked ? "refuse" : "hello.refuse" });
  }
  const verdict = (type: "Accept" | "Alert", body: Uint8Array): void => {
    account.sent.push(verdictRecord(verdictKey(second.state), type, body));
  };
  const refuse = (alert: number, message: string, event: string): Account => {
    verdict("Alert", encodeAlert(alert, message));
    account.halfClosed = true;
    account.alerted = alert;
    return fail(account, { event });
  };

  // AwaitResponse. The client may have rejected our key: any end is its right.
  const responseEnd = HELLO_SIZE + RESPONSE_SIZE;
  for (;;) {
    const next = until(script, clock, responseEnd);
    if (next === "bytes") break;
    if (next === "never") return waiting(account, "AwaitResponse");
    if (next === "reset") return fail(account, { event: "reset" });
    if (next === "eof") return fail(account, { event: input.length === HELLO_SIZE ? "eof" : "eof.partial" });
    if (next.call === "deadline") return refuse(CODES.timeout, "", "time.handshake");
    if (next.call === "refuse" || next.call === "alert") return refuse(next.code, next.message, next.call);
    if (next.call !== "flushed") account.misused.push(next);
  }
  const read = readResponse(second.state, server.ephemeralSecret, input.slice(HELLO_SIZE, responseEnd));
  if (read === "bad") return refuse(CODES.bad_response, "", "response.bad");
  const served = (server.contexts ?? [""]).some((context) => equal(encodeContext(context), read.context));
  if (!served) return refuse(CODES.wrong_context, "", "response.wrongContext");
  account.peerKey = read.clientKey;
  account.context = read.context;

  // Deciding. Input is held; an end of file is judged in its place, a broken transport at once.
  for (;;) {
    const next = whileHolding(script, clock);
    if (next === "never") return waiting(account, "Deciding");
    if (next === "eof") continue;
    if (next === "reset") return fail(account, { event: "reset" });
    if (next.call === "accept") break;
    if (next.call === "deadline") return refuse(CODES.timeout, "", "time.handshake");
    if (next.call === "refuse" || next.call === "alert") return refuse(next.code, next.message, next.call);
    if (next.call !== "flushed") account.misused.push(next);
  }

  verdict("Accept", new Uint8Array(0));
  account.h3 = read.state.h;
  account.exporter = exporterSecret(read.state);
  const keys = transportKeys(read.state);
  const counters = server.counters ?? { client: 0n, server: 0n };
  const direction = fresh(keys.server, counters.server);
  const sender: Sender = { direction, padding: server.padding, closed: false };
  return talk(account, script, clock, responseEnd, sender, fresh(keys.client, counters.client));
}
