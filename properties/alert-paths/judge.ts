import type { Actor, AnyChannel } from "../model/actor.ts";
import { delivered, joined } from "../model/pair.ts";
import { canHear, expectedAlert, opposite, peersAlert, type Walked, words } from "./path.ts";
import type { SealedRecord } from "./spy.ts";

/**
 * What must be true of every path, in words: exactly one alert where one can be said, with its code; it is the last
 * thing said; all data that was written before it comes before it; and nobody answers it. The state table is not read.
 */
export function faultsOf(walked: Walked): string[] {
  const { path, situation, isLost } = walked;
  const peer = opposite[path.side];
  const [end, other] = [situation.end(path.side), situation.end(peer)];
  const records = situation.records[path.side];
  const expected = expectedAlert(path);
  const faults = [
    ...saidOnce(records, expected, isApplicationsOwn(walked) ? words : undefined),
    ...nothingElse(path.side, end, records),
    ...nothingElse(peer, other, situation.records[peer]),
    ...consistent(end),
    ...consistent(other),
  ];
  const written = joined(situation.written[path.side]);
  const got = delivered(other);
  if (!same(dataOf(records), written)) faults.push("not all data written before was said");
  if (!same(got, written.subarray(0, got.length))) faults.push("what was delivered is no prefix");
  if (!["Closed", "Failed", "Forwarded"].includes(end.channel.state))
    faults.push(`ends in ${end.channel.state}`);
  faults.push(...notAnswered(walked, other));
  if (expected !== undefined && !isLost && canHear(path))
    faults.push(...heard(walked, other, expected, got, written));
  return faults;
}

function isApplicationsOwn({ path }: Walked): boolean {
  return path.state !== "Draining" && path.cause !== "garbage" && path.cause !== "deadline";
}

function alertsIn(records: readonly SealedRecord[]): SealedRecord[] {
  return records.filter(({ type }) => type === 1);
}

function codeOf({ body }: SealedRecord): number {
  return ((body[0] ?? 0) << 8) | (body[1] ?? 0);
}

function saidOnce(
  records: readonly SealedRecord[],
  expected: number | undefined,
  text: string | undefined,
): string[] {
  const alerts = alertsIn(records);
  if (expected === undefined) return alerts.length === 0 ? [] : ["an alert where nothing can be said"];
  const [alert] = alerts;
  if (alert === undefined) return ["no alert"];
  if (alerts.length > 1) return [`${alerts.length} alerts`];
  const faults = records.at(-1) === alert ? [] : ["something is said after the alert"];
  if (codeOf(alert) !== expected) faults.push(`alert ${codeOf(alert)}, not ${expected}`);
  const said = new TextDecoder().decode(alert.body.subarray(2));
  if (text !== undefined && said !== text) faults.push("other words");
  return faults;
}

/** All bytes on the wire are a record's that was sealed, or a handshake message's. */
function nothingElse(
  side: "client" | "server",
  end: Actor<AnyChannel>,
  records: readonly SealedRecord[],
): string[] {
  const sum = (parts: readonly { readonly length: number }[]) =>
    parts.reduce((total, { length }) => total + length, 0);
  const rest = sum(end.wire) - sum(records);
  const messages = side === "client" ? [0, 88, 88 + 96] : [0, 98];
  return messages.includes(rest) ? [] : [`${rest} bytes on the wire are in no message and no record`];
}

function consistent(end: Actor<AnyChannel>): string[] {
  try {
    end.check();
    return [];
  } catch (error) {
    return [String(error)];
  }
}

function dataOf(records: readonly SealedRecord[]): Uint8Array {
  return joined(records.flatMap(({ type, body }) => (type === 0 ? [body] : [])));
}

/** The peer of who alerts says none of its own, unless its own application does so before it has heard. */
function notAnswered({ path, situation, peerHadSaid }: Walked, other: Actor<AnyChannel>): string[] {
  const alerts = alertsIn(situation.records[opposite[path.side]]);
  const itsOwn = alerts.filter((alert) => path.sequel === "alert" && codeOf(alert) === peersAlert);
  if (alerts.length > itsOwn.length || itsOwn.length > 1) return ["the peer answers by an alert"];
  const heard = other.outputs.some(({ type }) => type === "alert");
  const said = other.wire.reduce((sum, { length }) => sum + length, 0) - peerHadSaid;
  // Liveness pings of the alert's sender come before it and are answered by 2 + 3 + 8 + 16 bytes.
  if (heard && said > (path.cause === "deadline" ? 29 : 0)) return [`the peer says ${said} bytes more`];
  return [];
}

/** The alert arrived: the peer has all the data, then the alert as its failure, and nothing after it. */
function heard(
  { path }: Walked,
  other: Actor<AnyChannel>,
  expected: number,
  got: Uint8Array,
  written: Uint8Array,
): string[] {
  const { failure } = other.channel;
  const hadItsOwn = path.sequel === "alert" && failure?.code === "cancelled";
  if (hadItsOwn) return [];
  if (!same(got, written)) return ["data before the alert is missing"];
  const last = other.outputs.slice(-3).map(({ type }) => type);
  if (last.join() !== "alert,failed,closeTransport") return [`the peer's last outputs are ${last.join()}`];
  const reason = failure?.reason;
  return reason?.code === "alert_received" && reason.alert === expected ? [] : ["it is told as another one"];
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
