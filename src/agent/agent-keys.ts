import { stat } from "node:fs/promises";
import { showPath } from "../keys/errors.ts";
import { formatPublicKey, parsePublicKey } from "../keys/portable.ts";
import { requireSocketPath } from "../net/dial.ts";
import type { KeyHolder } from "../protocol/key-holder.ts";
import { UsageError } from "../protocol/usage-error.ts";
import { AgentAsker, defaultAskTimeout } from "./asker.ts";
import { AgentError } from "./errors.ts";

/** A key pair whose secret key an agent holds. Printed, it shows its public key. */
export class AgentKey implements KeyHolder {
  readonly #publicKey: Uint8Array;
  readonly #asker: AgentAsker;
  readonly #release: (key: AgentKey) => void;

  /** @internal Use {@link openAgentKeys}. */
  constructor(publicKey: Uint8Array, asker: AgentAsker, release: (key: AgentKey) => void) {
    this.#publicKey = publicKey;
    this.#asker = asker;
    this.#release = release;
  }

  /** A copy, 32 bytes. */
  get publicKey(): Uint8Array {
    return this.#publicKey.slice();
  }

  /** The public key's text, `hawser1…`. */
  get publicKeyText(): string {
    return formatPublicKey(this.#publicKey);
  }

  /**
   * X25519 of the secret key and a peer's public key (32 bytes), by the agent; `undefined` for an all-zero output.
   *
   * @throws AgentError
   */
  async dh(publicKey: Uint8Array): Promise<Uint8Array | undefined> {
    if (publicKey.length !== 32) throw new UsageError("a public key has 32 bytes");
    const peer = publicKey.slice();
    const { status, result } = await this.#asker.ask({ type: "dh", key: this.#publicKey, peer });
    return status === "zero" ? undefined : result;
  }

  /** Gives the key up. The connection to the agent ends with the last key that came with it. */
  wipe(): void {
    this.#release(this);
  }

  toString(): string {
    return `AgentKey(${this.publicKeyText})`;
  }

  toJSON(): { publicKey: string } {
    return { publicKey: this.publicKeyText };
  }
}

export interface AgentKeysOptions {
  /** The only key that is wanted, as its text. */
  readonly key?: string;
  /** Milliseconds that an answer may take, a connection included; 5,000 unless given. */
  readonly timeout?: number;
}

/**
 * The keys that the agent at a unix socket holds, the newest first. One that is away is waited for until the deadline.
 *
 *     const [keyPair] = await openAgentKeys("/run/hawser-agent/agent.sock");
 *
 * @throws AgentError; KeyError for a text that is no public key; UsageError for a path that no socket can have
 */
export async function openAgentKeys(path: string, options: AgentKeysOptions = {}): Promise<AgentKey[]> {
  const { key: wanted, timeout = defaultAskTimeout } = options;
  requireSocketPath(path);
  if (wanted !== undefined) parsePublicKey(wanted);
  await requireNoFile(path);
  const asker = new AgentAsker(path, timeout);
  try {
    const all = await listKeys(asker);
    const isWanted = (key: Uint8Array) => wanted === undefined || formatPublicKey(key) === wanted;
    const held = new Set<AgentKey>();
    const release = (key: AgentKey) => {
      if (held.delete(key) && held.size === 0) asker.close();
    };
    for (const publicKey of all.filter(isWanted)) held.add(new AgentKey(publicKey, asker, release));
    if (held.size > 0) return [...held];
    throw new AgentError(
      "ERR_HAWSER_AGENT_KEY",
      `The key agent at ${showPath(path)} does not hold ${wanted}.`,
    );
  } catch (error) {
    asker.close();
    throw error;
  }
}

/** A path that is another thing than a socket is a mistake, and no agent to wait for: a key's file, say. */
async function requireNoFile(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined || found.isSocket() || process.platform === "win32") return;
  throw new AgentError(
    "ERR_HAWSER_AGENT_UNREACHABLE",
    `The key agent at ${showPath(path)}: there is no socket but something else; a key's file is named without agent:.`,
  );
}

/** All of them: one after the other, as the first answer says how many there are. */
async function listKeys(asker: AgentAsker): Promise<Uint8Array[]> {
  const first = await asker.ask({ type: "key", index: 0 });
  const others = Array.from({ length: first.count - 1 }, (_, i) => asker.ask({ type: "key", index: i + 1 }));
  return [first, ...(await Promise.all(others))].map(({ result }) => result);
}
