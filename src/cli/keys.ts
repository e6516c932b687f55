import {
  AgentError,
  type AgentKeysOptions,
  type AgentPlace,
  openAgentKeys,
  parseAgentPlace,
} from "../agent/index.ts";
import { showPath } from "../keys/errors.ts";
import type { ReadSecretKeyOptions } from "../keys/index.ts";
import { readKeyFile } from "../net/index.ts";
import type { KeyHolder } from "../protocol/index.ts";
import { usageError } from "./errors.ts";

/** A key pair of one's own: from a file, its secret key in this process, or one that an agent holds. */
export interface OwnKeyPair extends KeyHolder {
  readonly publicKeyText: string;
  /** Overwrites the secret key, or lets go of the agent. */
  wipe(): void;
}

/** The most that an agent's answer is waited for, in milliseconds, where a handshake has longer. */
const longestAnswer = 5_000;

export interface OwnKeysOptions extends ReadSecretKeyOptions {
  /** Milliseconds that a handshake has: an agent's answer is waited for no longer. */
  readonly handshakeTimeout?: number;
}

/**
 * The key pairs that a `--key` names: that of a file, or those of an agent (`agent:PATH`, `agent:PATH#KEY` for one).
 *
 * @throws KeyError for a file that is not one's key file; AgentError
 */
export async function readOwnKeys(
  place: string,
  options: OwnKeysOptions = {},
): Promise<readonly OwnKeyPair[]> {
  const agent = agentOf(place);
  if (agent === undefined) return [await readKeyFile(place, options)];
  const timeout = Math.min(longestAnswer, options.handshakeTimeout ?? longestAnswer);
  const only: AgentKeysOptions = agent.key === undefined ? {} : { key: agent.key };
  return openAgentKeys(agent.path, { ...only, timeout });
}

/**
 * The one key pair that `--key` names.
 *
 * @throws CommandError ERR_HAWSER_USAGE where it names none, KeyError for a file that is not one's key file, AgentError
 */
export async function readOwnKey(
  place: string | undefined,
  options: OwnKeysOptions = {},
): Promise<OwnKeyPair> {
  if (place === undefined) {
    throw usageError(
      "--key FILE is missing: the file of your own key pair. To make one: hawser keygen -o my.key",
    );
  }
  if (place === "-") {
    throw usageError("Standard input carries the data here, so the key can't come from it: name a file.");
  }
  return onlyOne(place, await readOwnKeys(place, options));
}

/** @throws AgentError ERR_HAWSER_AGENT_KEY where there are several; all of them are given up then */
export function onlyOne(place: string, keyPairs: readonly OwnKeyPair[]): OwnKeyPair {
  const [keyPair] = keyPairs;
  if (keyPair !== undefined && keyPairs.length === 1) return keyPair;
  for (const each of keyPairs) each.wipe();
  const path = agentOf(place)?.path ?? place;
  throw new AgentError(
    "ERR_HAWSER_AGENT_KEY",
    `The key agent at ${showPath(path)} holds several keys, and one is wanted here. Name it, as in agent:PATH#KEY: ` +
      `${keyPairs.map(({ publicKeyText }) => publicKeyText).join(", ")}.`,
  );
}

/** @throws CommandError ERR_HAWSER_USAGE without a path, KeyError for a key that is none */
function agentOf(place: string): AgentPlace | undefined {
  const agent = parseAgentPlace(place);
  if (agent?.path === "") {
    throw usageError(
      "After agent: comes the path of the agent's socket, as in agent:/run/hawser/agent.sock.",
    );
  }
  return agent;
}
