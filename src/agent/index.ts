/** Long-term keys in a process of their own: the agent that holds them, and key holders that ask it. */
export {
  defaultAgentConnections,
  defaultAgentRate,
  type HeldKey,
  KeyAgent,
  type KeyAgentOptions,
} from "./agent.ts";
export { AgentKey, type AgentKeysOptions, openAgentKeys } from "./agent-keys.ts";
export { AGENT_ERRORS, AgentError, type AgentErrorCode } from "./errors.ts";
export type { AgentEvent, Asker, Outcome } from "./events.ts";
export type { AskCredentials, PeerCredentials } from "./peer-credentials.ts";
export { type AgentPlace, parseAgentPlace } from "./place.ts";
