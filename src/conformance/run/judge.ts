import { createHash } from "node:crypto";
import { ascii, concat } from "../../protocol/bytes.ts";
import type { Closing, Expected } from "../case.ts";
import { Deviation, type Fault } from "../deviation.ts";
import { ClientEnd } from "../peer/client-end.ts";
import { type End, matches } from "../peer/end.ts";
import { none } from "../peer/schedule.ts";
import { shown } from "../peer/wire.ts";
import { hexOf } from "../shim/hex.ts";
import type { Line } from "./lines.ts";
import { flagsOf, type Link } from "./link.ts";

/** How long a shim that should drain is watched for closing too early, in milliseconds. */
const watch = 25;

/**
 * Sees a case to its end, after its script, and compares. Nothing that comes is trusted: what the shim said is opened
 * under keys that the runner's own handshake made, and what it printed has to agree with that.
 */
export async function judge(link: Link, expected: readonly Expected[]): Promise<Fault[]> {
  const [first] = expected;
  if (first === undefined) throw new Error("a case expects something");
  const closing = await seeClose(link, first.closing);
  const heard = await hearRest(link);
  const verdicts = expected.map((one) => [...closing, ...heard, ...compare(link, one)]);
  return verdicts.find((faults) => faults.length === 0) ?? verdicts[0] ?? [];
}

/** Lets the shim end the transport as it likes, and says what was wrong with that. */
async function seeClose(link: Link, closing: Closing): Promise<Fault[]> {
  const { wire, lines, patience } = link;
  const faults: Fault[] = [];
  const fault = (expected: string, got: string) => faults.push({ aspect: "close", expected, got });
  const done = (ms: number) => lines.until(() => lines.done ?? (lines.fault ? true : undefined), ms);
  wire.readOn();
  switch (closing) {
    case "drains":
    case "deadline": {
      const how = await wire.untilEnded(patience);
      if (how !== "end of file") {
        fault("a half-close after the last word (AL-017, RC-036)", how ?? "an open transport");
        break;
      }
      if (closing === "deadline") {
        // It began when the shim ended its direction, which may be some time ago on a slow machine.
        const early = await done(drainTimeout(link) / 3);
        if (early) fault("draining until the drain deadline (ST-028)", "a close before it");
        else if (!(await done(patience)))
          fault("a close at the drain deadline (ST-028)", "a transport that stays open");
        break;
      }
      if (await done(watch)) {
        fault("draining until the peer's end of file (ST-028)", "a transport that was closed before it");
        break;
      }
      // Two writes, as the first to a closed transport is what makes its system answer with a reset.
      wire.send(new Uint8Array(64).fill(0xa5), "bytes that are to be drained");
      await link.pause(watch / 2);
      wire.send(new Uint8Array(64).fill(0x5a), "more of them");
      if (await done(watch / 2))
        fault("what comes in while draining to be dropped (ST-027)", "a transport that was closed");
      wire.end();
      if (!(await done(patience)))
        fault("a close at the peer's end of file (ST-028)", "a transport that stays open");
      break;
    }
    case "closes":
      if (!(await done(patience)))
        fault("a transport that is closed at once", wire.ended ?? "one that stays open");
      break;
    case "follows":
      if (!(await done(patience)))
        fault("a transport that is closed after the peer's end", wire.ended ?? "one that stays open");
      break;
    case "any":
      await wire.untilEnded(patience);
      break;
  }
  if (!wire.hasEnded) wire.end();
  await done(patience);
  return faults;
}

function drainTimeout({ role, setup, primitives }: Link): number {
  const flag = flagsOf(role, setup, 0, primitives).findLast((one) => one.startsWith("--drain-timeout="));
  return Number(flag?.split("=")[1]);
}

/** Reads all that the shim has said and nobody has read. */
async function hearRest({ end, wire, lines }: Link): Promise<Fault[]> {
  if (lines.fault !== undefined) return [lines.fault.fault];
  if (lines.done === undefined)
    return [{ aspect: "behaviour", expected: "`done` (CF-013)", got: lines.shown() }];
  // Its transport is closed, so all is on its way.
  await wire.untilEnded(1_000);
  while (wire.unread.length > 0) {
    const unread = wire.unread.all();
    try {
      await end.next(0);
    } catch (error) {
      if (!(error instanceof Deviation)) throw error;
      return [{ ...error.fault, got: `${error.fault.got}, in ${shown(unread)}` }];
    }
  }
  return [];
}

function compare(link: Link, expected: Expected): Fault[] {
  const { end, lines } = link;
  const faults: Fault[] = [];
  const fault = (wanted: string, got: string) => faults.push({ aspect: "behaviour", expected: wanted, got });
  const printed = lines.heard.filter(({ event }) => event !== "done");
  const words = printed.map(wordOf);
  const isEqual = (said: readonly string[], wanted: readonly string[]) =>
    said.length === wanted.length &&
    said.every((word, i) => wanted[i]?.split("|").some((one) => matches(word, one)));
  if (!isEqual(words, expected.prints)) fault(`the events ${list(expected.prints)}`, `${list(words)}`);
  if (!isEqual(end.said, expected.says)) fault(`on the wire ${list(expected.says)}`, `${list(end.said)}`);
  const isClean = expected.prints.at(-1) === "closed";
  faults.push(...compareData(link, expected.echo ?? (isClean ? "all" : "some")));
  for (const line of lines.heard) faults.push(...compareMembers(link, line));
  const { done } = lines;
  const code = words.includes("closed") ? 0 : 1;
  if (done !== undefined && done["code"] !== code)
    fault(`the code ${code} in done (CF-013)`, JSON.stringify(done));
  return faults;
}

const list = (words: readonly string[]) => (words.length === 0 ? "nothing" : words.join(", "));

/** An event in a word. */
function wordOf(line: Line): string {
  const parts = { alert: ["code", "words"], failed: ["kind", "code"], pong: ["bytes"] }[line.event] ?? [];
  return [line.event, ...parts.map((name) => line[name])]
    .filter((part) => part !== null && part !== "")
    .join(":");
}

/** What came back has to be what was sent, or the beginning of it. */
function compareData(link: Link, echo: "all" | "some" | "none"): Fault[] {
  const { end } = link;
  const heard = end.heard.all();
  const silent = isSilent(link) ? none : end.sent.all();
  const owed = concat(counted(numberOf(link, "--send")), silent, late(link));
  const isPrefix = heard.every((byte, i) => byte === owed[i]);
  const fits = { all: isPrefix && heard.length === owed.length, some: isPrefix, none: heard.length === 0 };
  if (fits[echo]) return [];
  const wanted = { all: "", some: "the beginning of ", none: "no Data in place of " }[echo];
  return [{ aspect: "behaviour", expected: `${wanted}the Data ${shown(owed)} (CF-006)`, got: shown(heard) }];
}

const hasFlag = ({ setup }: Link, name: string) =>
  (setup.flags ?? []).some((flag) => flag === name || flag.startsWith(`${name}=`));
const isSilent = (link: Link) => hasFlag(link, "--mute") || hasFlag(link, "--close-first");
const late = (link: Link) => (hasFlag(link, "--linger") ? ascii("late") : new Uint8Array(0));

function numberOf({ setup }: Link, name: string): number {
  return Number(setup.flags?.find((flag) => flag.startsWith(`${name}=`))?.split("=")[1] ?? 0);
}

/** Byte i is i mod 251 (`--send`). */
export function counted(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => i % 251);
}

/** What a line says besides the event. */
function compareMembers({ end, role }: Link, line: Line): Fault[] {
  const wanted = membersOf(end, role, line);
  return Object.entries(wanted).flatMap(([name, value]) =>
    line[name] === value
      ? []
      : [
          {
            aspect: "behaviour" as const,
            expected: `${name} = ${value} in ${line.event} (CF-010)`,
            got: String(line[name]),
          },
        ],
  );
}

function membersOf(
  end: End,
  role: "client" | "server",
  { event, code, exporter }: Line,
): Record<string, unknown> {
  switch (event) {
    case "peerKey":
      if (end instanceof ClientEnd)
        return { key: hexOf(end.shown), context: hexOf(end.context).replace(/(?:00)+$/, "") };
      return role === "client" ? { context: null } : {};
    case "open":
      return {
        binding: hexOf(end.binding),
        ...(exporter === null ? {} : { exporter: hexOf(end.export("hawser conformance", 32)) }),
      };
    case "end":
      return digest(end.sent.all());
    case "done":
      return code === 89 ? {} : digest(end.sent.all());
    default:
      return {};
  }
}

function digest(bytes: Uint8Array): Record<string, unknown> {
  return { length: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") };
}
