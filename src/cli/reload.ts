import { type AuthorizedKey, AuthorizedKeys, formatPublicKey, type KeyOptionName } from "../keys/index.ts";
import type { TunnelFailure } from "../tunnel/observer.ts";
import { usageError } from "./errors.ts";
import { type OwnKeyPair, onlyOne, readOwnKeys } from "./keys.ts";

/** Who was let in by a file when it was read: what happens to the file later changes nothing. (KT-101) */
export class AuthorizedSnapshot {
  readonly #entries: ReadonlyMap<string, AuthorizedKey>;

  constructor(entries: readonly AuthorizedKey[]) {
    this.#entries = new Map(entries.map((entry) => [formatPublicKey(entry.publicKey), entry]));
  }

  /** The entry of a public key (32 bytes), `undefined` when it is not there. */
  async lookup(publicKey: Uint8Array): Promise<AuthorizedKey | undefined> {
    return this.#entries.get(formatPublicKey(publicKey));
  }
}

/**
 * Reads an authorized-keys file as it is now.
 *
 * @throws KeyError with the path, and where it helps the line
 */
export async function readAuthorizedKeys(
  path: string,
  honours: readonly KeyOptionName[],
): Promise<AuthorizedSnapshot> {
  const keys = new AuthorizedKeys(path, { honours });
  const { added } = await keys.refresh(); // All of them, as it is the first.
  return new AuthorizedSnapshot(added);
}

/** The most keys that a server has (HS-019), so that an agent that holds more is told of at once. */
const mostKeys = 4;

/**
 * Key pairs that come from files, or from agents, and are read anew. Those that are given up are wiped once handshakes that
 * began with them must be over.
 */
export class KeyFiles {
  readonly #paths: readonly string[];
  readonly #wipeAfter: number;
  readonly #isOne: boolean;
  #current: readonly OwnKeyPair[] = [];
  readonly #retired = new Map<OwnKeyPair, NodeJS.Timeout>();

  /**
   * @param wipeAfter milliseconds that a handshake takes at most
   * @param isOne whether there has to be one key pair, and no more
   */
  constructor(paths: readonly string[], wipeAfter: number, isOne = false) {
    this.#paths = paths;
    this.#wipeAfter = wipeAfter;
    this.#isOne = isOne;
  }

  get current(): readonly OwnKeyPair[] {
    return this.#current;
  }

  /**
   * Reads them, and gives what takes them: nothing has changed until it is called, so that a fault in another file leaves
   * all as it was (KT-102). A key pair that several files have is there once.
   *
   * @throws KeyError with the path
   */
  async read(): Promise<{ readonly keyPairs: readonly OwnKeyPair[]; take(): void; drop(): void }> {
    const keyPairs: OwnKeyPair[] = [];
    try {
      for (const path of this.#paths) {
        const handshakeTimeout = this.#wipeAfter;
        for (const keyPair of await readOwnKeys(path, { handshakeTimeout })) {
          if (keyPairs.some(({ publicKeyText }) => publicKeyText === keyPair.publicKeyText)) keyPair.wipe();
          else keyPairs.push(keyPair);
        }
      }
      this.#requireCount(keyPairs);
    } catch (error) {
      for (const keyPair of keyPairs) keyPair.wipe();
      throw error;
    }
    return {
      keyPairs,
      take: () => {
        for (const keyPair of this.#current) this.#retire(keyPair);
        this.#current = keyPairs;
      },
      drop: () => {
        for (const keyPair of keyPairs) keyPair.wipe();
      },
    };
  }

  /** All that there are, given up ones too. */
  wipe(): void {
    for (const timer of this.#retired.values()) clearTimeout(timer);
    for (const keyPair of [...this.#current, ...this.#retired.keys()]) keyPair.wipe();
    this.#retired.clear();
    this.#current = [];
  }

  #requireCount(keyPairs: readonly OwnKeyPair[]): void {
    if (this.#isOne) onlyOne(this.#paths[0] as string, keyPairs);
    if (keyPairs.length <= mostKeys) return;
    throw usageError(
      `There are ${keyPairs.length} keys, and a server has ${mostKeys} at most. Name some of an agent's, as in agent:PATH#KEY.`,
    );
  }

  #retire(keyPair: OwnKeyPair): void {
    const timer = setTimeout(() => {
      this.#retired.delete(keyPair);
      keyPair.wipe();
    }, this.#wipeAfter).unref();
    this.#retired.set(keyPair, timer);
  }
}

/** Any error of a reload, as events tell it: the file, the line and the reason, and nothing of what was in it. */
export function reloadFailure(error: unknown): TunnelFailure {
  const { code, message } = error as NodeJS.ErrnoException;
  return { code: code ?? "ERR_HAWSER_INTERNAL", words: message };
}
