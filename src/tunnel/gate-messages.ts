import type { TunnelEvent, TunnelEventType } from "./observer.ts";

/** What the gate of a tunnel, which is with the keys, tells the hub, which joins what the gates of several generations tell. */
export type GateMessage =
  /** Its own public keys, as texts, newest first. */
  | { readonly type: "keys"; readonly publicKeys: readonly string[] }
  /** Numbers of connections are the gate's. */
  | { readonly type: "event"; readonly event: TunnelEvent }
  /** What has passed so far: a connection's number, bytes in and bytes out each. */
  | { readonly type: "bytes"; readonly of: readonly (readonly [number, number, number])[] }
  /** A key that has connections elsewhere is not authorized. */
  | { readonly type: "removed"; readonly publicKey: string }
  /** The keys or the authorized keys can't be used. */
  | { readonly type: "failed"; readonly error: FailedStart };

/** What a gate is told. Numbers of connections are the hub's. */
export type HubMessage =
  /** There is a connection of another gate, which counts for the limits; it is over. */
  | {
      readonly type: "elsewhere";
      readonly connection: number;
      readonly publicKey: string;
      readonly host?: string | undefined;
    }
  | { readonly type: "gone"; readonly connection: number }
  /** It is the one that decides now: it tells of keys of connections elsewhere that are not authorized. */
  | { readonly type: "judge" }
  /** Another has decided that a key is authorized no more. */
  | { readonly type: "remove"; readonly publicKey: string };

/** An error as it goes from one process to another. */
export interface FailedStart {
  readonly name: string;
  readonly code: string;
  /** A KeyError's reason, any other's message. */
  readonly words: string;
  readonly path?: string | undefined;
  readonly line?: number | undefined;
}

type Check = (value: unknown) => boolean;
type Form = Readonly<Record<string, Check>>;

const text: Check = (value) => typeof value === "string";
const number: Check = (value) => typeof value === "number" && Number.isFinite(value) && value >= 0;
const maybe =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const list =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
const shaped =
  (form: Form): Check =>
  (value) =>
    fits(value, form);

const failure = shaped({ code: text, words: text });
const connection = { connection: number, backend: text };
const peer = shaped({ keyName: maybe(text), publicKey: text, address: maybe(text) });

/** The events that a gate has to tell; the others are the command's own. */
const events: Readonly<Partial<Record<TunnelEventType, Form>>> = {
  handshakeDone: { outcome: text, milliseconds: number },
  refused: { failure, address: maybe(text), publicKey: maybe(text) },
  connectionOpened: { ...connection, peer },
  connectionClosed: {
    ...{ ...connection, peer, bytesIn: number, bytesOut: number, milliseconds: number },
    failure: maybe(failure),
  },
  alertSent: { alert: number, name: maybe(text) },
  alertReceived: { alert: number, name: maybe(text) },
  limitReached: { limit: text, address: maybe(text), keyName: maybe(text) },
  backendFailed: { ...connection, failure },
};

const messages: Readonly<Record<GateMessage["type"], Form>> = {
  keys: { publicKeys: list(text) },
  event: {
    event: (value) => {
      const form = Object.hasOwn(events, typeOf(value))
        ? events[typeOf(value) as TunnelEventType]
        : undefined;
      return form !== undefined && fits(value, form);
    },
  },
  bytes: { of: list((value) => list(number)(value) && (value as unknown[]).length === 3) },
  removed: { publicKey: text },
  failed: { error: shaped({ name: text, code: text, words: text, path: maybe(text), line: maybe(number) }) },
};

/** @throws Error for what no gate says */
export function gateMessageOf(value: unknown): GateMessage {
  const type = typeOf(value);
  const form = Object.hasOwn(messages, type) ? messages[type as GateMessage["type"]] : undefined;
  if (form === undefined || !fits(value, form)) throw new Error("the acceptor says what it can't");
  return value as GateMessage;
}

function typeOf(value: unknown): string {
  return String(Object(value).type);
}

function fits(value: unknown, form: Form): boolean {
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(form).every(([name, check]) => check((value as Record<string, unknown>)[name]));
}
