import type { PeerCredentials } from "./peer-credentials.ts";

/** Who asks: the connection's number, and its process as far as the system tells. */
export interface Asker {
  readonly connection: number;
  readonly credentials: PeerCredentials | undefined;
}

/** What became of a request: it was answered with the result, or with a status that says why not. */
export type Outcome = "done" | "unknownKey" | "zero" | "failed";

/** What an agent tells of itself: public things only. */
export type AgentEvent =
  | { readonly type: "connected"; readonly asker: Asker }
  /** It may not ask (AG-020), or there are too many (AG-034). */
  | { readonly type: "refused"; readonly asker: Asker; readonly reason: "user" | "unknown user" | "limit" }
  /** A Dh. `key` is the public key's text, `undefined` for one that the agent does not hold. */
  | {
      readonly type: "answered";
      readonly asker: Asker;
      readonly key: string | undefined;
      readonly outcome: Outcome;
    }
  /** A request that was malformed: the connection is over. */
  | { readonly type: "malformed"; readonly asker: Asker }
  /** Requests wait, as there are more than are allowed; told once until none waits any more. */
  | { readonly type: "held"; readonly asker: Asker }
  /** `answered` is how many Dhs of it were done, `failed` how many were not. */
  | {
      readonly type: "disconnected";
      readonly asker: Asker;
      readonly answered: number;
      readonly failed: number;
    };
