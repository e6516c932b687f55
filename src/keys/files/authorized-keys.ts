import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { argumentError, requireObject } from "../arguments.ts";
import { type AuthorizedKey, parseAuthorizedKeys, requireHonours } from "../authorized-lines.ts";
import type { KeyOptionName } from "../authorized-options.ts";
import { KeyError, showPath } from "../errors.ts";
import { formatPublicKey } from "../text.ts";
import { readRegularFile, requirePath } from "./regular-file.ts";
import { modeText } from "./secret-key-file.ts";

/** The most bytes of an authorized-keys file that are read (KT-051): some 10,000 keys with names. */
const LIMIT = 1_048_576;

/** How often a file that differs from one reading to the next is read again before that is an error. */
const MAX_READINGS = 20;

/**
 * A file changed less than this before it was read may change again without its times showing it (they are as coarse
 * as 2 s on FAT), so it is read again the next time, whatever they say.
 */
const COARSEST_TIME_MS = 2_000;

/** The longest time to settle: each question about a file that changes waits up to 19 times as long. */
const MAX_SETTLE_MS = 60_000;

/** For {@link openAuthorizedKeys}. */
export interface AuthorizedKeysOptions {
  /**
   * The options of lines (`to`, `from`, `max`) that the program honours; a file with another is bad. None unless given: a
   * server of this library honours `from` and `max`, and whoever calls `lookup` looks at the options of what it gives.
   */
  readonly honours?: readonly KeyOptionName[];
  /** How long a changed file must stay the same before it counts, 0 to 60,000 ms; 100 unless given. */
  readonly settleMs?: number;
  /** Waits that long; a timer unless given. */
  readonly wait?: (ms: number) => Promise<unknown>;
}

/** What is different since the last {@link AuthorizedKeys.refresh}. A new name or line alone is no change. */
export interface AuthorizedKeysChange {
  readonly added: readonly AuthorizedKey[];
  /** The keys whose connections are to be ended. */
  readonly removed: readonly AuthorizedKey[];
}

/**
 * Opens an authorized-keys file, which must be good to begin with.
 *
 * @throws KeyError ERR_HAWSER_KEY_FILE_…, or a code of a key's text, with the path and where it helps the line
 */
export async function openAuthorizedKeys(
  path: string,
  options: AuthorizedKeysOptions = {},
): Promise<AuthorizedKeys> {
  const keys = new AuthorizedKeys(path, options);
  await keys.refresh();
  return keys;
}

type Keys = ReadonlyMap<string, AuthorizedKey>;

/** One reading of the file: its bytes, or why there are none. */
type Reading = { readonly bytes: Uint8Array; readonly young: boolean } | { readonly fault: KeyError };

/**
 * The keys that an authorized-keys file lets in, as the file is at each question: it is looked at every time, and
 * read again when it changed. A file that is bad, or gone, is an error and lets nobody in until it is mended.
 * (KT-046, KT-047)
 */
export class AuthorizedKeys {
  /** Absolute: a relative one is resolved against the working directory at the opening. */
  readonly path: string;
  readonly #honours: readonly KeyOptionName[];
  readonly #settleMs: number;
  readonly #wait: (ms: number) => Promise<unknown>;

  /** What `stat` said when the file was last read, as one comparable text; `undefined` where it found none. */
  #mark: string | undefined;
  #reading: Reading | undefined;
  #keys: Keys = new Map();
  #fault: KeyError | undefined;
  /** The keys at the last refresh. */
  #reported: Keys = new Map();

  /** The look at the file that is under way, and the one that begins after it. */
  #looking: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  /** Use {@link openAuthorizedKeys}. */
  constructor(path: string, options: AuthorizedKeysOptions = {}) {
    requirePath(path);
    requireObject("options", options, "an object such as { settleMs } was expected");
    const { settleMs = 100, wait = sleep, honours = [] } = options;
    if (typeof settleMs !== "number" || !(settleMs >= 0 && settleMs <= MAX_SETTLE_MS)) {
      throw new KeyError(
        "ERR_HAWSER_KEY_ARGUMENT",
        `settleMs is not a number of milliseconds from 0 to ${MAX_SETTLE_MS}`,
      );
    }
    if (typeof wait !== "function") throw argumentError("wait", wait, "a function was expected");
    this.#honours = requireHonours(honours);
    // The working directory may change later, and the list of who is let in is not to change with it.
    this.path = absolute(path);
    this.#settleMs = settleMs;
    this.#wait = wait;
  }

  /**
   * The entry of a public key (32 bytes), `undefined` when it is not in the file.
   *
   * @throws KeyError when the file is bad: nobody is to be let in then; ERR_HAWSER_KEY_ARGUMENT for anything but 32 bytes
   */
  async lookup(publicKey: Uint8Array): Promise<AuthorizedKey | undefined> {
    const id = formatPublicKey(publicKey);
    await this.#look();
    if (this.#fault !== undefined) throw this.#fault;
    const key = this.#keys.get(id);
    return key && copyOf(key);
  }

  /**
   * Looks at the file and says which keys came and went since the last refresh (or the opening), whether this call
   * found it or a lookup in between (KT-049). To end the connections of removed keys, call it from time to time.
   *
   * @throws KeyError when the file is bad; what changed is said once it is mended, and until then nothing is removed
   */
  async refresh(): Promise<AuthorizedKeysChange> {
    await this.#look();
    if (this.#fault !== undefined) throw this.#fault;
    const before = this.#reported;
    const now = this.#keys;
    this.#reported = now;
    return {
      added: [...now].filter(([id]) => !before.has(id)).map(([, key]) => copyOf(key)),
      removed: [...before].filter(([id]) => !now.has(id)).map(([, key]) => copyOf(key)),
    };
  }

  /** A look that begins after this call: one already under way may have missed a change made before it. */
  #look(): Promise<void> {
    if (this.#looking === undefined) {
      this.#looking = this.#lookNow().finally(() => {
        this.#looking = undefined;
      });
      return this.#looking;
    }
    this.#next ??= this.#looking
      .catch(() => undefined)
      .then(() => {
        this.#next = undefined;
        return this.#look();
      });
    return this.#next;
  }

  async #lookNow(): Promise<void> {
    const mark = await this.#currentMark();
    const known = this.#reading;
    // What could not be read is tried again each time: the reason may be gone without a trace in the mark. And what
    // was read just after it could not be found may be gone again: one absence looks like another.
    const isTrusted = known !== undefined && "bytes" in known && !known.young;
    if (isTrusted && mark !== undefined && mark === this.#mark) return;
    let reading = await this.#read();
    // KT-048: a changed file may be half-written, or absent between two renames: it counts once it stays the same.
    const changed = known !== undefined && !sameReading(reading, known);
    for (let count = 1, settled = !changed; !settled; count++) {
      if (count === MAX_READINGS) {
        reading = { fault: this.#changing() };
        break;
      }
      await this.#wait(this.#settleMs);
      const again = await this.#read();
      settled = sameReading(again, reading);
      reading = again;
    }
    this.#accept(mark, reading);
  }

  /** The mark was taken before the reading, so a change in between is seen at the next look. */
  #accept(mark: string | undefined, reading: Reading): void {
    const known = this.#reading;
    this.#mark = mark;
    this.#reading = reading;
    if ("fault" in reading) {
      this.#fault = reading.fault;
    } else if (known === undefined || !sameReading(reading, known)) {
      this.#judge(reading.bytes);
    }
  }

  #judge(bytes: Uint8Array): void {
    try {
      const entries = parseAuthorizedKeys(bytes, { honours: this.#honours });
      this.#keys = new Map(entries.map((key) => [formatPublicKey(key.publicKey), key]));
      this.#fault = undefined;
    } catch (error) {
      if (!(error instanceof KeyError)) throw error;
      this.#fault = error.at({ path: this.path });
    }
  }

  async #currentMark(): Promise<string | undefined> {
    const seen = await stat(this.path, { bigint: true }).catch(() => undefined);
    return seen && [seen.dev, seen.ino, seen.mode, seen.size, seen.mtimeNs, seen.ctimeNs].join(" ");
  }

  async #read(): Promise<Reading> {
    const now = Date.now();
    try {
      const { bytes, stat } = await readRegularFile(this.path, LIMIT, (opened) =>
        requireAuthorizedMode(this.path, opened.mode, process.platform),
      );
      return { bytes, young: now - Math.max(Number(stat.ctimeMs), Number(stat.mtimeMs)) < COARSEST_TIME_MS };
    } catch (error) {
      if (!(error instanceof KeyError)) throw error;
      return { fault: error };
    }
  }

  #changing(): KeyError {
    return new KeyError(
      "ERR_HAWSER_KEY_FILE_CHANGING",
      `the file was different at each of ${MAX_READINGS} readings; write it in one go (to a new file, then rename it)`,
      { path: this.path },
    );
  }
}

/**
 * Refuses a file to which its group or others can add keys (KT-050). The mode of the file alone is judged: neither its
 * owner nor the folders above it, which sshd's StrictModes looks at too.
 *
 * @throws KeyError ERR_HAWSER_KEY_FILE_MODE
 */
export function requireAuthorizedMode(path: string, mode: bigint, platform: NodeJS.Platform): void {
  if (platform === "win32" || (mode & 0o022n) === 0n) return;
  throw new KeyError(
    "ERR_HAWSER_KEY_FILE_MODE",
    `the file's mode is ${modeText(mode)}, so others than its owner can add keys. ` +
      `Take that away: chmod go-w ${showPath(path)}`,
    { path },
  );
}

/** @throws KeyError ERR_HAWSER_KEY_FILE_SYSTEM for a relative path in a working directory that is gone */
function absolute(path: string): string {
  try {
    return resolve(path);
  } catch (cause) {
    const reason = "the path is relative, and the working directory is gone: give an absolute path";
    throw new KeyError("ERR_HAWSER_KEY_FILE_SYSTEM", reason, { path }, { cause });
  }
}

/** An entry that its receiver may change without changing who is let in. */
function copyOf(key: AuthorizedKey): AuthorizedKey {
  return { ...key, publicKey: new Uint8Array(key.publicKey) };
}

function sameReading(a: Reading, b: Reading): boolean {
  if ("fault" in a || "fault" in b)
    return "fault" in a && "fault" in b && a.fault.message === b.fault.message;
  return Buffer.compare(a.bytes, b.bytes) === 0;
}
