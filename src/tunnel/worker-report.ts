import { constants } from "node:os";
import { alertName } from "../protocol/index.ts";
import { brokenOff, ended, failureOf, idle, systemCodeBehind } from "./failures.ts";
import type { TunnelFailure } from "./observer.ts";

/** How much of a connection's data has passed, in bytes: out of the channel, and into it. */
export interface Amounts {
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** How a connection ended, as far as numbers can tell. */
export interface LastReport extends Amounts {
  readonly failure: TunnelFailure | undefined;
  /** Alert codes. */
  readonly alertSent: number | undefined;
  readonly alertReceived: number | undefined;
}

/** What the words of a failure are made of, besides its code. */
export interface Backdrop {
  /** The service's address. */
  readonly backend: string;
  /** Milliseconds. */
  readonly idleTimeout: number;
}

/**
 * What a connection that was open can end with. A worker tells it by its place here, as no text comes from a worker; so the
 * words are less exact than where one process does all.
 */
const endings: Readonly<
  Record<string, (system: string | undefined, behind: Backdrop, alert: string) => string>
> = {
  ERR_HAWSER_INTERNAL: () => "Something that this connection was given to work with failed.",
  ERR_HAWSER_ALERT_RECEIVED: (_, __, alert) => `The peer ended the connection: ${alert}.`,
  ERR_HAWSER_TRUNCATED: (system) => `The connection broke off before the peer's Close${inBrackets(system)}.`,
  ERR_HAWSER_BAD_RECORD: () => "The peer sent a record that is not genuine.",
  ERR_HAWSER_UNEXPECTED_RECORD: () => "The peer sent a record that can't come there.",
  ERR_HAWSER_MALFORMED_ALERT: () => "The peer sent an alert that is none.",
  ERR_HAWSER_TIMEOUT: () => "The peer did not answer in time.",
  ERR_HAWSER_NONCES_EXHAUSTED: () => "The connection has carried as many records as it can.",
  ERR_HAWSER_CANCELLED: (_, __, alert) => `This side gives up: ${alert}.`,
  ERR_HAWSER_CLOSED: () => "The connection is over already.",
  ERR_HAWSER_TUNNEL_UNREACHABLE: (system, { backend }) =>
    `There is no connection to ${backend}${inBrackets(system)}.`,
  ERR_HAWSER_TUNNEL_RESET: (system) =>
    brokenOff("service", system === undefined ? undefined : { code: system }).message,
  ERR_HAWSER_TUNNEL_IDLE: (_, { idleTimeout }) => idle(idleTimeout).message,
  ERR_HAWSER_TUNNEL_ENDED: () => ended().message,
};

/** The system's codes, which are the same in both processes. */
const systemCodes: readonly string[] = [
  ...Object.keys(constants.errno).sort(),
  ...["ENOTFOUND", "EAI_AGAIN", "ERR_HAWSER_TIMEOUT"],
];
const codes = Object.keys(endings);
const lastAlert = 0xffff;
const half = 2 ** 32;

/** A report of a connection that goes on: each amount is two numbers, the greater half first. */
export function amountsToNumbers({ bytesIn, bytesOut }: Amounts): readonly number[] {
  return [bytesIn, bytesOut].flatMap((amount) => [Math.floor(amount / half), amount % half]);
}

/** @returns `undefined` for numbers that are no such report */
export function amountsOf(numbers: readonly number[]): Amounts | undefined {
  const [highIn = 0, lowIn = 0, highOut = 0, lowOut = 0] = numbers;
  const [bytesIn, bytesOut] = [highIn * half + lowIn, highOut * half + lowOut];
  const isGood = numbers.length === 4 && Number.isSafeInteger(bytesIn) && Number.isSafeInteger(bytesOut);
  return isGood ? { bytesIn, bytesOut } : undefined;
}

/** The last report: the amounts, places of the code and of the system's among those there are, and the alerts. 0 is none. */
export function lastToNumbers(
  amounts: Amounts,
  failure: Error | undefined,
  alerts: Pick<LastReport, "alertSent" | "alertReceived">,
): readonly number[] {
  const code = failure === undefined ? 0 : 1 + Math.max(0, codes.indexOf(failureOf(failure).code));
  const system = failure === undefined ? 0 : 1 + systemCodes.indexOf(systemCodeBehind(failure) ?? "");
  return [...amountsToNumbers(amounts), code, system, alerts.alertSent ?? 0, alerts.alertReceived ?? 0];
}

/** @returns `undefined` for numbers that are no such report */
export function lastReportOf(numbers: readonly number[], behind: Backdrop): LastReport | undefined {
  const amounts = amountsOf(numbers.slice(0, 4));
  const [code = -1, system = -1, sent = -1, received = -1] = numbers.slice(4);
  const isGood =
    numbers.length === 8 &&
    code <= codes.length &&
    system <= systemCodes.length &&
    [sent, received].every((alert) => alert <= lastAlert);
  if (!isGood || amounts === undefined) return undefined;
  const alertSent = sent === 0 ? undefined : sent;
  const alertReceived = received === 0 ? undefined : received;
  const name = codes[code - 1];
  const words = name === undefined ? undefined : endings[name];
  const alert = shown(name === "ERR_HAWSER_CANCELLED" ? alertSent : alertReceived);
  const failure =
    name === undefined || words === undefined
      ? undefined
      : { code: name, words: words(systemCodes[system - 1], behind, alert) };
  return { ...amounts, failure, alertSent, alertReceived };
}

function shown(alert: number | undefined): string {
  if (alert === undefined) return "it did not say why";
  const name = alertName(alert);
  return name === undefined || name === "application" ? `alert 0x${alert.toString(16)}` : name;
}

function inBrackets(system: string | undefined): string {
  return system === undefined ? "" : ` (${system})`;
}
