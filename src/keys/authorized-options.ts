import { canonicalRange } from "./address-range.ts";
import { BECH32_ALPHABET } from "./alphabet.ts";
import { KeyError } from "./errors.ts";
import { formatServiceAddress, parseServiceAddress } from "./service-address.ts";
import { secretMisplaced } from "./text.ts";

/** What a line of an authorized-keys file says before its key. */
export interface KeyOptions {
  /** The service that the key's connections are joined to: `HOST:PORT` or `unix:/PATH`, canonical. */
  readonly to?: string;
  /** Where the key may come from: addresses and ranges (`192.0.2.0/24`), canonical, at least one. */
  readonly from?: readonly string[];
  /** How many connections it may have at once, 1 to 9,999,999. */
  readonly max?: number;
}

/** The name of an option. */
export type KeyOptionName = keyof KeyOptions;

const readers = { to: readTo, from: readFrom, max: readMax } as const satisfies Record<
  KeyOptionName,
  (value: string) => KeyOptions
>;

export const KEY_OPTION_NAMES = Object.keys(readers) as readonly KeyOptionName[];

/** Those of sshd(8), which people may bring along. Where one of these stands it can be named: it is no secret. */
const OF_SSHD: ReadonlySet<string> = new Set(
  (
    "agent-forwarding cert-authority command environment expiry-time no-agent-forwarding no-port-forwarding no-pty " +
    "no-touch-required no-user-rc no-x11-forwarding permitlisten permitopen port-forwarding principals pty restrict " +
    "tunnel user-rc verify-required x11-forwarding"
  ).split(" "),
);

/** A secret key whose beginning is damaged (KT-093). */
const SECRET_RUN = new RegExp(`[${BECH32_ALPHABET.toUpperCase()}]{40}`);

/**
 * A line's first word, in which quoted blanks count as any other character, and what comes after the blanks that end it.
 * `isOpen` where a quote is not closed: the word is the rest of the line then.
 */
export function firstWord(text: string): { word: string; rest: string; isOpen: boolean } {
  let isOpen = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at] as string;
    if (character === '"') isOpen = !isOpen;
    if (isOpen || (character !== " " && character !== "\t")) continue;
    return { word: text.slice(0, at), rest: text.slice(at).replace(/^[ \t]+/, ""), isOpen };
  }
  return { word: text, rest: "", isOpen };
}

/** Whether a word, after which a key may stand, is meant as options and not as a name. */
export function looksLikeOptions(word: string, isBeforeKey: boolean): boolean {
  if (/^[A-Za-z0-9-]{1,32}="/.test(word)) return true;
  return isBeforeKey && (/[="]/.test(word) || isKnown(word.toLowerCase()) || OF_SSHD.has(word.toLowerCase()));
}

/**
 * The options in the word before the key. (KT-091, KT-092, KT-093)
 *
 * @throws KeyError ERR_HAWSER_KEY_FILE_OPTION, which shows nothing of the word but names that this file has anyway;
 *   ERR_HAWSER_KEY_SECRET
 */
export function parseKeyOptions(word: string): KeyOptions {
  let options: KeyOptions = {};
  let at = 0;
  for (let count = 1; ; count++) {
    const name = word.slice(at).split(/[=",]/)[0] as string;
    if (!isKnown(name)) throw unknown(name, count);
    if (options[name] !== undefined) throw optionError(`${name} stands there twice: write it once`);
    const value = /^="([^"]*)"/.exec(word.slice(at + name.length))?.[1];
    if (value === undefined) {
      throw optionError(`${name} has no value in double quotes: write ${name}="VALUE"`);
    }
    options = { ...options, ...read(name, value) };
    at += `${name}="${value}"`.length;
    if (at === word.length) return Object.freeze(options);
    if (word[at] !== ",") {
      throw optionError(
        `after the value of ${name} comes a comma and another option, or a blank and the key`,
      );
    }
    at++;
  }
}

/**
 * Holds a line's options against those that the program honours. (KT-100)
 *
 * @throws KeyError ERR_HAWSER_KEY_FILE_OPTION
 */
export function requireHonoured(options: KeyOptions, honours: readonly KeyOptionName[]): void {
  const name = KEY_OPTION_NAMES.find((each) => options[each] !== undefined && !honours.includes(each));
  if (name === undefined) return;
  throw optionError(
    `${name} is not honoured by this program, so it lets nobody in by this file: take the line out, or use another file` +
      (name === "to" ? " (hawser serve honours it)" : ""),
  );
}

function isKnown(name: string): name is KeyOptionName {
  return Object.hasOwn(readers, name);
}

function read(name: KeyOptionName, value: string): KeyOptions {
  if (SECRET_RUN.test(value)) throw secretMisplaced(`the value of ${name}`);
  if (!/^[\x20-\x7e]*$/.test(value) || value.includes("\\")) {
    throw optionError(
      `the value of ${name} has a backslash, or a character that is not a printable one of ASCII`,
    );
  }
  try {
    return readers[name](value);
  } catch (error) {
    throw error instanceof KeyError ? optionError(`${name}: ${error.reason}`) : error;
  }
}

function readTo(value: string): KeyOptions {
  return { to: formatServiceAddress(parseServiceAddress(value)) };
}

function readFrom(value: string): KeyOptions {
  const from = value.split(",").map((text, index, all) => {
    try {
      return canonicalRange(text);
    } catch (error) {
      const which = all.length === 1 ? "its value" : `entry ${index + 1} of ${all.length}`;
      throw error instanceof KeyError ? new KeyError(error.code, `${which} ${error.reason}`) : error;
    }
  });
  return { from: Object.freeze(from) };
}

function readMax(value: string): KeyOptions {
  if (/^[1-9][0-9]{0,6}$/.test(value)) return { max: Number(value) };
  throw optionError(
    "its value is not a number from 1 to 9999999; to let a key in no more, take its line out",
  );
}

/** The name is shown where it is one that everybody knows; any other may be a part of a secret key. (KT-020) */
function unknown(name: string, count: number): KeyError {
  const lower = name.toLowerCase();
  const known = `Known are ${KEY_OPTION_NAMES.join(", ")}, in lower case, joined by commas without blanks.`;
  if (name === "") return optionError(`option ${count} of the line is empty. ${known}`);
  if (isKnown(lower)) return optionError(`option ${count} of the line is not in lower case: write ${lower}`);
  if (OF_SSHD.has(lower)) {
    return optionError(
      `option ${count} of the line, ${lower}, is one of sshd and means nothing here. ${known}`,
    );
  }
  return optionError(`option ${count} of the line is not known, so the line lets nobody in. ${known}`);
}

function optionError(reason: string): KeyError {
  return new KeyError("ERR_HAWSER_KEY_FILE_OPTION", reason);
}
