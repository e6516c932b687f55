/** What keeps a key from being used that an agent holds, by code, with what it means. */
export const AGENT_ERRORS = {
  ERR_HAWSER_AGENT_UNREACHABLE:
    "there is no agent at the socket, or it can't be connected to; the system's error is the cause",
  ERR_HAWSER_AGENT_TIMEOUT: "the agent did not answer in time",
  ERR_HAWSER_AGENT_LOST: "the agent ended the connection again and again: it may not let this user ask",
  ERR_HAWSER_AGENT_MALFORMED: "what is at the socket does not answer as an agent does",
  ERR_HAWSER_AGENT_KEY: "the agent does not hold the key that is wanted, or several where one is wanted",
  ERR_HAWSER_AGENT_FAILED: "the agent could not do the operation with its key",
  ERR_HAWSER_AGENT_CLOSED: "the key was given up on this side, and can't be used any more",
  ERR_HAWSER_AGENT_FOLDER: "the folder of the agent's socket is one in which others could replace it",
  ERR_HAWSER_AGENT_USERS: "other users are to be let in, and this system can't tell who connects",
} as const;

/** The stable code of an {@link AgentError}. */
export type AgentErrorCode = keyof typeof AGENT_ERRORS;

/** A key agent that can't be asked, or an agent that can't be. The message has nothing secret in it. */
export class AgentError extends Error {
  override readonly name = "AgentError";
  readonly code: AgentErrorCode;

  constructor(code: AgentErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
