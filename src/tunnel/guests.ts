import type { AuthorizedKey, AuthorizedKeys, ServiceAddress } from "../keys/index.ts";
import { formatPublicKey, parseServiceAddress } from "../keys/index.ts";
import { isListed } from "../net/client-address.ts";
import { nameOf } from "../net/dial.ts";
import type { Authorization, ClientInfo, HandshakeInfo } from "../net/index.ts";
import type { Connections } from "./connections.ts";
import { elsewhere, failureOf, type TunnelError } from "./failures.ts";
import { ClientLimits, type TunnelLimits } from "./limits.ts";
import type { Observe } from "./observer.ts";

/** Where keys are looked up: an authorized-keys file, or what answers as it does. */
export type Authorized = Pick<AuthorizedKeys, "lookup">;

/** What is known of a client that may come in. */
export interface Guest {
  readonly keyName: string | undefined;
  readonly to: ServiceAddress | undefined;
}

/** Milliseconds: a refusal is told in a few turns of the event loop. */
const reasonKept = 1_000;

/** Decides who is let in, by the key's line in the authorized-keys file, its options and the limits. */
export class Guests {
  authorized: Authorized;
  readonly #limits: ClientLimits;
  readonly #observe: Observe;
  /** What was last read of the keys that were let in. */
  readonly #entries = new Map<string, AuthorizedKey>();
  /** Why clients are being refused, until that is told, or can't be as they have gone. */
  readonly #reasons = new Map<string, TunnelError>();

  constructor(authorized: Authorized, connections: Connections, limits: TunnelLimits, observe: Observe) {
    this.authorized = authorized;
    this.#limits = new ClientLimits(connections, limits);
    this.#observe = observe;
  }

  /** The decision about a key that is the client's own. What it throws is `internal_error` to the client. */
  async authorize(publicKey: Uint8Array, info: ClientInfo): Promise<Authorization> {
    const entry = await this.authorized.lookup(publicKey);
    if (entry === undefined) return false;
    const key = formatPublicKey(publicKey);
    const { from } = entry.options ?? {};
    const { remoteAddress: host } = info;
    const refusal =
      from !== undefined && !isListed(from, host) ? elsewhere() : this.#tooMany(key, entry, host);
    if (refusal !== undefined) {
      const id = idOf(key, info);
      this.#reasons.set(id, refusal);
      setTimeout(() => this.#reasons.delete(id), reasonKept).unref();
      return { code: refusal.alert, message: refusal.told };
    }
    this.#entries.set(key, entry);
    return true;
  }

  /**
   * A client that was let in, or why it may not stay: of several that came at once, some may be too many.
   *
   * @param key its public key, as text
   */
  welcome(key: string, host: string | undefined): Guest | TunnelError {
    const entry = this.#entries.get(key);
    const refusal = this.#tooMany(key, entry, host);
    if (refusal !== undefined) return refusal;
    const to = entry?.options?.to;
    return { keyName: entry?.name, to: to === undefined ? undefined : parseServiceAddress(to) };
  }

  /** A client was not let in. */
  refused(error: Error, info: HandshakeInfo): void {
    const publicKey = info.remotePublicKey && formatPublicKey(info.remotePublicKey);
    const reason = publicKey === undefined ? undefined : this.#reasonFor(publicKey, info);
    // Where the decision itself failed, as the authorized-keys file is bad, that says more.
    const { cause } = error;
    const failure = failureOf(reason ?? (cause instanceof Error && "path" in cause ? cause : error));
    this.#observe({ type: "refused", failure, address: placeOf(info), publicKey });
  }

  /** Why a client was refused, where that was decided here; it is told once. */
  #reasonFor(key: string, info: Pick<ClientInfo, "remoteAddress" | "remotePort">): TunnelError | undefined {
    const id = idOf(key, info);
    const reason = this.#reasons.get(id);
    this.#reasons.delete(id);
    return reason;
  }

  #tooMany(key: string, entry: AuthorizedKey | undefined, host: string | undefined): TunnelError | undefined {
    const reached = this.#limits.reached(key, host, entry?.options?.max);
    if (reached === undefined) return undefined;
    this.#observe({ type: "limitReached", limit: reached.limit, address: host, keyName: entry?.name });
    return reached.error;
  }
}

/** Where a client is, `HOST:PORT`; `undefined` over a unix socket. */
export function placeOf({
  remoteAddress: host,
  remotePort: port,
}: Pick<HandshakeInfo, "remoteAddress" | "remotePort">): string | undefined {
  return host === undefined || port === undefined ? undefined : nameOf({ host, port });
}

function idOf(
  key: string,
  { remoteAddress, remotePort }: Pick<ClientInfo, "remoteAddress" | "remotePort">,
): string {
  return `${key} ${remoteAddress} ${remotePort}`;
}
