/** The flags of one case, as spec/conformance.md has them. */
import type { LivenessPolicy } from "../../protocol/index.ts";
import { bytesFromHex } from "./hex.ts";

/** What a shim is to do in one case. Times are milliseconds, limits bytes. */
export interface Case {
  readonly role: "client" | "server";
  readonly port: number;
  readonly secrets: readonly Uint8Array[];
  readonly random: Uint8Array;
  readonly serverKey: Uint8Array | undefined;
  readonly via: Uint8Array | undefined;
  /** As ASCII; `undefined` where none is given. */
  readonly contexts: readonly string[] | undefined;
  readonly padding: number | undefined;
  readonly recordSize: number | undefined;
  readonly handshakeTimeout: number;
  readonly drain: { readonly timeout: number; readonly bytes: number };
  readonly stealth: boolean;
  readonly middlebox: boolean;
  readonly limit: number | undefined;
  readonly refuse: number | undefined;
  readonly decideAfter: number;
  readonly dhAfter: number;
  readonly send: number;
  readonly mute: boolean;
  readonly closeFirst: boolean;
  readonly linger: number | undefined;
  readonly alert: number | undefined;
  readonly when: Moment;
  readonly words: string;
  readonly ping: Uint8Array | undefined;
  readonly liveness: LivenessPolicy | undefined;
  readonly counter: bigint;
}

/** When an application gives up. */
export type Moment = (typeof moments)[number];
const moments = ["start", "peerKey", "open", "data", "end"] as const;

/** A flag, or a value of one, that this shim does not know: the case is not supported (CF-004). */
export class UnknownFlag extends Error {}

const names = [
  "role port secret random server-key via context padding record-size handshake-timeout drain-timeout",
  "drain-bytes stealth middlebox limit refuse decide-after dh-after send mute close-first linger alert when",
  "words ping liveness counter",
].flatMap((line) => line.split(" "));
/** Those that may be given more than once, and those without a value. */
const repeated = ["secret", "context"];
const bare = ["stealth", "middlebox", "mute", "close-first"];

/**
 * CF-002: `--name` and `--name=value`, in any order.
 *
 * @throws UnknownFlag
 */
export function parseCase(flags: readonly string[]): Case {
  const given = new Map<string, string[]>();
  for (const flag of flags) {
    const [, name, , value] = /^--([a-z-]+)(=(.*))?$/.exec(flag) ?? [];
    if (name === undefined || !names.includes(name)) throw new UnknownFlag(flag);
    const values = given.get(name) ?? [];
    if ((value === undefined) !== bare.includes(name)) throw new UnknownFlag(flag);
    if (values.length > 0 && !repeated.includes(name)) throw new UnknownFlag(flag);
    given.set(name, [...values, value ?? ""]);
  }
  const one = (name: string): string | undefined => given.get(name)?.[0];
  const number = (name: string): number | undefined => optional(one(name), whole);
  const bytes = (name: string): Uint8Array | undefined => optional(one(name), hex);
  return {
    role: oneOf(["client", "server"], one("role")),
    port: whole(one("port") ?? ""),
    secrets: (given.get("secret") ?? []).map(hex),
    random: bytes("random") ?? new Uint8Array(0),
    serverKey: bytes("server-key"),
    via: bytes("via"),
    contexts: given.get("context")?.map((context) => String.fromCharCode(...hex(context))),
    padding: number("padding"),
    recordSize: number("record-size"),
    handshakeTimeout: number("handshake-timeout") ?? 2_000,
    drain: { timeout: number("drain-timeout") ?? 500, bytes: number("drain-bytes") ?? 1_048_576 },
    stealth: given.has("stealth"),
    middlebox: given.has("middlebox"),
    limit: number("limit"),
    refuse: number("refuse"),
    decideAfter: number("decide-after") ?? 0,
    dhAfter: number("dh-after") ?? 0,
    send: number("send") ?? 0,
    mute: given.has("mute"),
    closeFirst: given.has("close-first"),
    linger: number("linger"),
    alert: number("alert"),
    when: oneOf(moments, one("when") ?? "open"),
    words: new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes("words") ?? new Uint8Array(0)),
    ping: bytes("ping"),
    liveness: optional(one("liveness"), (text) => {
      const [interval = "", deadline = ""] = text.split(",");
      return { pingAfter: whole(interval), timeout: whole(deadline) };
    }),
    counter: optional(one("counter"), (text) => BigInt(decimal(text))) ?? 0n,
  };
}

function optional<T>(text: string | undefined, read: (text: string) => T): T | undefined {
  return text === undefined ? undefined : read(text);
}

function oneOf<T extends string>(known: readonly T[], text: string | undefined): T {
  const found = known.find((one) => one === text);
  if (found === undefined) throw new UnknownFlag(text);
  return found;
}

function decimal(text: string): string {
  if (!/^\d{1,20}$/.test(text)) throw new UnknownFlag(text);
  return text;
}

const whole = (text: string): number => Number(decimal(text));

function hex(text: string): Uint8Array {
  const bytes = bytesFromHex(text);
  if (bytes === undefined) throw new UnknownFlag(text);
  return bytes;
}
