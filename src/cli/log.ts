import { createRequire } from "node:module";
import type { Surroundings } from "./surroundings.ts";

export const LEVELS = ["debug", "info", "warn", "error"] as const;

/** How much an entry matters. */
export type Level = (typeof LEVELS)[number];

/** What an entry says besides its words: public things only. `undefined` is left out. */
export type Fields = Readonly<Record<string, string | number | boolean | undefined>>;

/** An entry of the log. */
export interface Entry {
  /** What happened, in a word or two joined by `_`: stable, for programs. */
  readonly event: string;
  /** What happened, for people. Without words an entry is for programs alone. */
  readonly words?: string;
  /** The code of a failure, `ERR_HAWSER_…`. */
  readonly code?: string;
  readonly fields?: Fields;
  /** Printed as it is, without the command's name before it. */
  readonly isBare?: boolean;
}

export interface LogOptions {
  readonly json: boolean;
  /** The time in milliseconds since 1970; the clock's unless given. */
  readonly now?: () => number;
}

/** Whether colours are wanted there: https://no-color.org, and `FORCE_COLOR` for who wants them all the same. */
export function hasColors(
  stream: { readonly isTTY?: boolean },
  env: Readonly<Record<string, string | undefined>>,
): boolean {
  if (env["NO_COLOR"]) return false;
  if (env["FORCE_COLOR"] !== undefined) return env["FORCE_COLOR"] !== "0" && env["FORCE_COLOR"] !== "false";
  return stream.isTTY === true && env["TERM"] !== "dumb";
}

/** Puts entries on standard error. */
type Writer = (level: Level, entry: Entry) => void;

/** What the command has to say, on standard error: lines for people, or one JSON object a line for programs. */
export class Log {
  /** What matters less is not said. */
  level: Level = "info";
  readonly #write: Writer;

  constructor(surroundings: Surroundings, options: LogOptions) {
    const { json, now = Date.now } = options;
    this.#write = json ? jsonWriter(surroundings, now) : textWriter(surroundings);
  }

  debug(entry: Entry): void {
    this.#put("debug", entry);
  }

  info(entry: Entry): void {
    this.#put("info", entry);
  }

  warn(entry: Entry): void {
    this.#put("warn", entry);
  }

  error(entry: Entry): void {
    this.#put("error", entry);
  }

  #put(level: Level, entry: Entry): void {
    if (LEVELS.indexOf(level) >= LEVELS.indexOf(this.level)) this.#write(level, entry);
  }
}

function textWriter({ stderr, env }: Surroundings): Writer {
  return (level, entry) => {
    if (entry.words === undefined) return;
    const name = entry.isBare === true ? "" : `${paint("hawser:", level, hasColors(stderr, env))} `;
    const code = entry.code === undefined ? "" : ` (${entry.code})`;
    stderr.write(`${name}${printable(entry.words)}${code}\n`);
  };
}

/** By pino, which is loaded only here; at once, as the first thing said may be a mistake in the command line. */
function jsonWriter({ stderr }: Surroundings, now: () => number): Writer {
  const { pino } = createRequire(import.meta.url)("pino") as typeof import("pino");
  const logger = pino(
    {
      base: null,
      level: "debug",
      messageKey: "message",
      timestamp: () => `,"time":"${new Date(now()).toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line) => void stderr.write(`${printableJson(line.trimEnd())}\n`) },
  );
  return (level, { event, code, words, fields }) => logger[level]({ event, code, ...fields }, words);
}

const colours: Readonly<Record<Level, string>> = { debug: "2", info: "1", warn: "1;33", error: "1;31" };

function paint(text: string, level: Level, isColoured: boolean): string {
  return isColoured ? `\u001b[${colours[level]}m${text}\u001b[0m` : text;
}

/** Text as a terminal may get it: what could drive it, or turn the text around, as `\u{…}`. Line ends stay. */
export function printable(text: string): string {
  return text.replace(/[^\P{C}\n]|[\p{Zl}\p{Zp}]/gu, (character) => `\\u{${hexadecimal(character)}}`);
}

/** JSON with printable characters alone: the log may be looked at in a terminal too. */
function printableJson(json: string): string {
  return json.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) =>
    Array.from({ length: character.length }, (_, at) => {
      const unit = character.charCodeAt(at).toString(16).padStart(4, "0");
      return `\\u${unit}`;
    }).join(""),
  );
}

function hexadecimal(character: string): string {
  return (character.codePointAt(0) as number).toString(16);
}
