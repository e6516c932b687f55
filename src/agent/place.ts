import { parsePublicKey } from "../keys/portable.ts";

/** A key that an agent has: the path of the agent's socket, and which of its keys where that is said. */
export interface AgentPlace {
  readonly path: string;
  /** A public key's text. */
  readonly key?: string;
}

const scheme = "agent:";

/**
 * `agent:PATH` or `agent:PATH#hawser1…`; `undefined` for anything else, such as the path of a key file. A file whose
 * name begins so is `./agent:…`.
 *
 * @throws KeyError for what follows a `#` and is no public key
 */
export function parseAgentPlace(text: string): AgentPlace | undefined {
  if (!text.startsWith(scheme)) return undefined;
  // The last one: a path may have others, and a public key has none.
  const at = text.lastIndexOf("#");
  if (at === -1) return { path: text.slice(scheme.length) };
  const key = text.slice(at + 1);
  parsePublicKey(key);
  return { path: text.slice(scheme.length, at), key };
}
