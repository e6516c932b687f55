import type { ServerChannel, ServerOptions } from "../src/protocol/index.ts";
import { altered } from "./support/altered.ts";
import { check, checkSameBytes } from "./support/check.ts";
import { type End, newServer } from "./support/end.ts";
import { Input } from "./support/input.ts";
import {
  chosenKey,
  clientEphemeral,
  newerKey,
  otherKey,
  serverKey,
  type TestKey,
  viaKey,
} from "./support/keys.ts";
import { primitives } from "./support/primitives.ts";
import { helloFrom, join, openedChallenge, sealedRoute } from "./support/sealing.ts";
import { judgeHeader, parseWire } from "./support/wire.ts";

/**
 * The server: which keys (bits 0 to 1), stealth (bit 2), passes on (bit 3), serves itself (not bit 4), is full (bit 5).
 * The size of the pieces that it comes in, 0 for one. The client's e: its own, or any. Who the route is sealed to, and who is
 * named in it; or 48 bytes. What is altered on the way. Then bytes that follow.
 */
export const lengths = { usual: 64, longest: 70_000 };

const nothing = new Uint8Array(0);
const spoken = Uint8Array.of(0x48, 0x57, 0x53, 0x52, 1, 1, 0, 0);
const keys: readonly (readonly TestKey[])[] = [
  [serverKey],
  [newerKey, serverKey],
  [viaKey],
  [newerKey, serverKey, viaKey, otherKey],
];

/**
 * What a server does with a Hello is what the specification's table says, whichever keys it holds and however the Hello
 * is cut; the generated parser agrees on the header; and a server in stealth says nothing to who can't open a route.
 */
export function fuzz(data: Uint8Array): void {
  const input = new Input(data);
  const flags = input.u8();
  const size = input.u8();
  const own = keys[flags & 3] ?? [];
  const is = (bit: number) => (flags & bit) !== 0;
  const server = { own, stealth: is(4), routes: is(8), application: !is(16), full: is(32) };
  const { stealth, routes, application } = server;
  const end = newServer({ keyHolders: own, stealth, routes, application } satisfies Partial<ServerOptions>);
  if (server.full) end.take(end.channel.refuse("busy"));

  const hasOwn = input.u8() % 2 === 0;
  const e = hasOwn ? clientEphemeral.publicKey : chosenKey(input);
  const isSealed = input.u8() % 2 === 0;
  const route = isSealed ? sealedRoute(clientEphemeral, chosenKey(input), chosenKey(input)) : input.take(48);
  const hello = altered(helloFrom(e, route), input);
  const tail = input.rest();
  check(
    parseWire("Hello", hello).failed === (judgeHeader(hello.subarray(0, 8)) !== "spoken"),
    "a Hello is 88 bytes",
  );
  end.receive(hello, size);
  end.receive(tail, size);
  const answer = end.sent();
  judge(end, server, { hello, answer, tail, knowsE: hasOwn && same(e, hello.subarray(8, 40)) });
  end.checkTrace();
  end.checkMemory(data);
}

interface Server {
  readonly own: readonly TestKey[];
  readonly stealth: boolean;
  readonly routes: boolean;
  readonly application: boolean;
  readonly full: boolean;
}

interface Heard {
  readonly hello: Uint8Array;
  readonly answer: Uint8Array;
  /** What followed the Hello. */
  readonly tail: Uint8Array;
  /** Whether the secret of the Hello's e is known here, so that a Challenge can be opened. */
  readonly knowsE: boolean;
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

/** HS-007 to HS-010, HS-036, RT-008 to RT-026. */
function judge(end: End<ServerChannel>, server: Server, heard: Heard): void {
  const { hello, answer } = heard;
  const header = judgeHeader(hello.subarray(0, 8));
  const found = header === "spoken" ? openedBy(server.own, hello) : undefined;
  const fault = faultOf(header, found);
  if (fault !== undefined && (server.stealth || fault !== "route_unopened")) {
    end.checkFailed(fault);
    // A header that is not spoken is answered by the own, but never in stealth.
    const hint = fault === "unsupported_header" && !server.stealth ? spoken : nothing;
    checkSameBytes(answer, hint, "the answer");
    const { state, reading } = end.channel;
    check(!server.stealth || (state === "Hiding" && reading), `a server in stealth is in ${state}`);
    return;
  }
  const opened = found === "zero" ? undefined : found;
  const isElsewhere = opened !== undefined && opened.own === undefined;
  if (isElsewhere && server.routes && !server.full) {
    checkForwarded(end, heard, opened.named);
    return;
  }
  const code = server.full ? 9 : isElsewhere || !server.application ? 4 : 0;
  checkChallenge(end, heard, opened?.own ?? opened?.opener ?? server.own[0], code);
}

type Opened = { readonly opener: TestKey; readonly named: Uint8Array; readonly own: TestKey | undefined };

/** What a server in stealth hides from, and any other fails by; an unopened route is a fault to the former alone. */
function faultOf(header: ReturnType<typeof judgeHeader>, found: Opened | "zero" | undefined) {
  if (header === "alien") return "not_hawser";
  if (header === "unsupported") return "unsupported_header";
  if (found === "zero") return "zero_dh";
  return found === undefined ? "route_unopened" : undefined;
}

/** Who opens the route, and whom it names: `own` where that is a key of the server's. */
function openedBy(own: readonly TestKey[], hello: Uint8Array): Opened | "zero" | undefined {
  const e = hello.subarray(8, 40);
  for (const opener of own) {
    if (primitives.x25519(opener.secret, e) === undefined) return "zero";
    // A route is opened by sealing what it could name: all keys that can be named by their text here.
    const named = same(e, clientEphemeral.publicKey) ? namedIn(hello, opener) : undefined;
    if (named !== undefined) return { opener, named, own: own.find((key) => same(key.publicKey, named)) };
  }
  return undefined;
}

/** What a route to this key names, found with the client's secret: the keystream is what sealing zeros gives. */
function namedIn(hello: Uint8Array, opener: TestKey): Uint8Array | undefined {
  const header = hello.subarray(0, 8);
  const stream = sealedRoute(clientEphemeral, opener.publicKey, new Uint8Array(32), header);
  const named = hello.slice(40, 72).map((byte, i) => byte ^ (stream[i] ?? 0));
  const again = sealedRoute(clientEphemeral, opener.publicKey, named, header);
  return same(again, hello.subarray(40, 88)) ? named : undefined;
}

function checkForwarded(end: End<ServerChannel>, { hello, answer, tail }: Heard, named: Uint8Array): void {
  const asked = end.find("route");
  check(asked !== undefined, "nobody was asked for the server that is wanted");
  checkSameBytes(asked.serverKey, named, "the server that is wanted");
  end.take(end.channel.forward());
  const forwarded = end.outputs.flatMap((output) => (output.type === "forward" ? [output.bytes] : []));
  checkSameBytes(join(...forwarded), join(hello, tail), "what is passed on");
  check(answer.length === 0, "the client is said something");
}

function checkChallenge(
  end: End<ServerChannel>,
  { hello, answer, tail, knowsE }: Heard,
  holder: TestKey | undefined,
  code: number,
): void {
  // What followed was no Response, and that is said in a record after the Challenge.
  const isAnswered = code === 0 && tail.length >= 96;
  if (code !== 0 || isAnswered) end.checkFailed(isAnswered ? "bad_response" : "hello_refused");
  const length = 98 + (isAnswered ? 2 + 256 + 16 : 0);
  check(answer.length === length, `answered by ${answer.length} bytes, not ${length}`);
  if (!knowsE) return;
  const challenge = openedChallenge(hello, clientEphemeral, answer);
  check(challenge !== undefined && holder !== undefined, "the Challenge does not authenticate");
  checkSameBytes(challenge.shown, holder.publicKey, "the key of the Challenge");
  check(challenge.code === code, `code ${challenge.code} instead of ${code}`);
}
