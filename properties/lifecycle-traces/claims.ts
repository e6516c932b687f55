import { concat, equal } from "../reference/primitives.ts";
import type { Happening, History } from "./history.ts";
import type { WireRecord } from "./records.ts";
import { peerOf, type Side } from "./trace.ts";

/**
 * The properties of the life-cycle model, said by hand over what two real ends said, delivered and reported. They
 * know neither the table nor the model's variables. What is judged at the end holds until both ends are over.
 */
export type Claim = (history: History) => boolean;

export const claims = {
  prefix: (history) =>
    each(history, "delivered", ({ who, bytes }, before) => {
      const written = data(before, "wrote", peerOf(who));
      const delivered = concat(data(before, "delivered", who), bytes);
      return equal(delivered, written.subarray(0, delivered.length));
    }),

  sequence: (history) =>
    each(history, "opened", ({ who, record }, before) => {
      const earlier = all(before, "opened", who).filter((opened) => isNumbered(opened.record));
      return !isNumbered(record) || earlier.every((opened) => opened.record.name.nonce < record.name.nonce);
    }),

  truncation: (history) =>
    each(history, "ended", ({ who }, before) => isAllOf(before, peerOf(who))) &&
    each(
      history,
      "reported",
      ({ who, outcome }, before) => outcome !== "clean" || isAllOf(before, peerOf(who)),
    ),

  outcome: (history) =>
    sides.every((who) => {
      const outcomes = all(history, "reported", who).map(({ outcome }) => outcome);
      if (all(history, "left", who).length === 0) return outcomes.length <= 1;
      const alerted = all(history, "opened", who).some(({ record }) => record.name.type === "Alert");
      const [outcome, ...others] = outcomes;
      if (outcome === undefined || others.length > 0) return false;
      return !alerted || outcome === "alert received" || outcome === "malformed alert";
    }),

  "alert-authentic": (history) =>
    each(history, "heard", ({ who, code }, before) => {
      const said = alertsOf(before, peerOf(who)).some(({ name }) => name.code === code);
      return said && hasAllData(before, peerOf(who));
    }),

  "alert-last": (history) => each(history, "said", ({ who }, before) => alertsOf(before, who).length === 0),

  "alert-unanswered": (history) =>
    each(history, "said", ({ who }, before) => all(before, "heard", who).length === 0),

  "alert-arrives": (history) =>
    !isOver(history) ||
    isDisturbed(history) ||
    sides.every((who) =>
      alertsOf(history, who).every(
        (alert) => arrives(history, who, alert) || cameTooLate(history, who, alert),
      ),
    ),

  "accept-first": (history) =>
    [all(history, "open"), all(history, "delivered")]
      .flat()
      .every((event) => all(history.slice(0, history.indexOf(event)), "accepted").length > 0),

  complete: (history) =>
    !isOver(history) ||
    isDisturbed(history) ||
    sides.some((who) => alertsOf(history, who).length > 0 || all(history, "was rude", who).length > 0) ||
    sides.every((who) => isClean(history, who) && hasAllData(history, peerOf(who))),

  blameless: (history) =>
    !isOver(history) ||
    isDisturbed(history) ||
    all(history, "was rude").length > 0 ||
    sides.every((who) => alertsOf(history, who).every(({ name }) => !accusations.includes(name.code ?? ""))),

  end: (history) => all(history, "got stuck").length === 0,
} satisfies Record<string, Claim>;

/** What the design can't keep, and says so: stronger than the claims. */
export const beyond = {
  agreement: (history) => !isOver(history) || isClean(history, "client") === isClean(history, "server"),

  "alert-arrives": (history) =>
    !isOver(history) ||
    all(history, "acted").length > 0 ||
    sides.every((who) => alertsOf(history, who).every((alert) => arrives(history, who, alert))),
} satisfies Record<string, Claim>;

/** The names of the claims that do not hold. */
export function broken(of: Readonly<Record<string, Claim>>, history: History): string[] {
  return Object.entries(of).flatMap(([name, claim]) => (claim(history) ? [] : [name]));
}

const sides = ["client", "server"] as const satisfies readonly Side[];
/** Alerts that find fault with what the peer sent. */
const accusations: readonly string[] = ["bad_response", "bad_record", "unexpected_record"];

type Kind<D extends Happening["did"]> = Extract<Happening, { did: D }>;

function all<D extends Happening["did"]>(history: History, did: D, who?: Side): Kind<D>[] {
  const isMeant = (event: Happening): event is Kind<D> =>
    event.did === did && (who === undefined || event.who === who);
  return history.filter(isMeant);
}

/** Whether something holds whenever this happens, given all that happened before. */
function each<D extends Happening["did"]>(
  history: History,
  did: D,
  holds: (event: Kind<D>, before: History) => boolean,
): boolean {
  return all(history, did).every((event) => holds(event, history.slice(0, history.indexOf(event))));
}

function data(history: History, did: "wrote" | "delivered", who: Side): Uint8Array {
  return concat(...all(history, did, who).map(({ bytes }) => bytes));
}

/** The peer of a writer has been given all that the writer's application wrote. */
function hasAllData(history: History, writer: Side): boolean {
  return equal(data(history, "delivered", peerOf(writer)), data(history, "wrote", writer));
}

/** All that a writer has to say has been said and delivered: its Close too. */
function isAllOf(history: History, writer: Side): boolean {
  const closes = all(history, "said", writer).filter(({ record }) => record.name.type === "Close");
  return closes.length > 0 && hasAllData(history, writer);
}

/** Sealed under a transport key. */
function isNumbered({ name }: WireRecord): boolean {
  return name.key === "client" || name.key === "server";
}

function alertsOf(history: History, who: Side): WireRecord[] {
  return all(history, "said", who).flatMap(({ record }) => (record.name.type === "Alert" ? [record] : []));
}

/** An alert is opened, or crosses one of the peer's. */
function arrives(history: History, from: Side, alert: WireRecord): boolean {
  const peer = peerOf(from);
  return (
    all(history, "opened", peer).some(({ record }) => record === alert) || alertsOf(history, peer).length > 0
  );
}

/** An alert was read by a peer that had both Closes and had told its application so. */
function cameTooLate(history: History, from: Side, alert: WireRecord): boolean {
  return all(history, "read", peerOf(from)).some(
    (read) => read.record === alert && isClean(history.slice(0, history.indexOf(read)), peerOf(from)),
  );
}

function isOver(history: History): boolean {
  return sides.every((who) => all(history, "left", who).length > 0);
}

function isClean(history: History, who: Side): boolean {
  return all(history, "reported", who).some(({ outcome }) => outcome === "clean");
}

/** An attacker acted, or a drain deadline passed. */
function isDisturbed(history: History): boolean {
  return all(history, "acted").length > 0 || all(history, "hurried").length > 0;
}
