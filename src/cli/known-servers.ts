import { mkdir, realpath } from "node:fs/promises";
import { dirname, join } from "node:path";
import { KeyError, showPath } from "../keys/errors.ts";
import { requireAuthorizedMode } from "../keys/files/authorized-keys.ts";
import { withLock } from "../keys/files/lock-file.ts";
import { readRegularFile } from "../keys/files/regular-file.ts";
import {
  type ConnectionTarget,
  type Endpoint,
  formatConnectionString,
  parseConnectionString,
} from "../keys/index.ts";
import { CommandError } from "./errors.ts";
import { replaceFile } from "./replace-file.ts";

/** The most bytes of the file that are read. */
const LIMIT = 1_048_576;

/** A server that was trusted. */
export interface KnownServer {
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  /** The line it stands in, counted from 1. */
  readonly line: number;
}

/**
 * The servers whose keys a person has trusted: a file of connection strings, one a line, that the person may edit.
 * Blank lines and lines that begin with # say nothing. A place has one key.
 */
export class KnownServers {
  readonly path: string;

  /** @param folder where `known_servers` is, or is to be */
  constructor(folder: string) {
    this.path = join(folder, "known_servers");
  }

  /** The path as one word of a shell command. */
  get shownPath(): string {
    return showPath(this.path);
  }

  /**
   * The key of the server at a place, `undefined` where none is known.
   *
   * @throws CommandError ERR_HAWSER_KNOWN_SERVERS for a file that can't be read, or that others may write to
   */
  async lookup(endpoint: Endpoint): Promise<KnownServer | undefined> {
    return this.#parse(await this.#read()).get(placeOf(endpoint));
  }

  /**
   * Keeps a server's key. The file is replaced as a whole, so that nobody ever reads half of it, and only one process
   * at a time does so.
   *
   * @throws CommandError ERR_HAWSER_KNOWN_SERVERS, also where the place has another key by now
   */
  async add(endpoint: Endpoint, publicKey: Uint8Array): Promise<void> {
    const entry = formatConnectionString({ endpoint, serverKey: publicKey });
    try {
      await mkdir(dirname(this.path), { recursive: true, mode: 0o700 });
      // Who keeps the file elsewhere, behind a symbolic link, is to have it there still.
      const path = await realpath(this.path).catch(() => this.path);
      await withLock(`${path}.lock`, async () => {
        const text = await this.#read();
        const known = this.#parse(text).get(placeOf(endpoint));
        if (known !== undefined) {
          if (Buffer.compare(known.publicKey, publicKey) === 0) return;
          throw this.#fault(
            `line ${known.line} was added in the meantime, and has another key for this server`,
          );
        }
        const lines = text === "" ? header : text.endsWith("\n") ? text : `${text}\n`;
        await replaceFile(path, `${lines}${entry}\n`, 0o600);
      });
    } catch (error) {
      throw error instanceof CommandError
        ? error
        : this.#fault(`it could not be written: ${messageOf(error)}`, error);
    }
  }

  async #read(): Promise<string> {
    try {
      const { bytes } = await readRegularFile(this.path, LIMIT, ({ mode }) =>
        requireAuthorizedMode(this.path, mode, process.platform),
      );
      return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    } catch (error) {
      if (error instanceof KeyError && error.code === "ERR_HAWSER_KEY_FILE_MISSING") return "";
      throw this.#fault(error instanceof KeyError ? error.reason : "it is not UTF-8 text", error);
    }
  }

  #parse(text: string): Map<string, KnownServer> {
    const servers = new Map<string, KnownServer>();
    for (const [index, line] of text.split("\n").entries()) {
      const entry = line.trim();
      if (entry === "" || entry.startsWith("#")) continue;
      const { endpoint, publicKey } = this.#entry(entry, index + 1);
      const place = placeOf(endpoint);
      const earlier = servers.get(place);
      if (earlier !== undefined) {
        throw this.#fault(
          `lines ${earlier.line} and ${index + 1} are for the same server: keep the right one`,
        );
      }
      servers.set(place, { publicKey, line: index + 1 });
    }
    return servers;
  }

  #entry(text: string, line: number): { endpoint: Endpoint; publicKey: Uint8Array } {
    let target: ConnectionTarget;
    try {
      target = parseConnectionString(text);
    } catch (error) {
      throw this.#fault(
        `line ${line}: ${error instanceof KeyError ? error.reason : messageOf(error)}`,
        error,
      );
    }
    const { endpoint, serverKey, via, context } = target;
    if (serverKey !== undefined && via === undefined && context === undefined) {
      return { endpoint, publicKey: serverKey };
    }
    throw this.#fault(`line ${line} is not a server and its key alone: hawser://KEY@HOST:PORT`);
  }

  #fault(reason: string, cause?: unknown): CommandError {
    const message = `${this.shownPath}: ${reason}.`;
    return new CommandError("ERR_HAWSER_KNOWN_SERVERS", message, cause === undefined ? undefined : { cause });
  }
}

/** A place as it is told from others. */
export function placeOf(endpoint: Endpoint): string {
  return formatConnectionString({ endpoint });
}

const header =
  "# Servers that hawser was told to trust, one a line, as it connects to them. Remove a line to be asked again.\n";

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
