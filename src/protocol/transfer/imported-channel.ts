import { secretCopy } from "../bytes.ts";
import { Channel } from "../channel/channel.ts";
import { internals } from "../channel/internals.ts";
import type { Settings } from "../channel/settings.ts";
import type { Reason } from "../failure.ts";
import { decodeContext } from "../handshake/context.ts";
import { Exporter } from "../handshake/session.ts";
import type { MachineEvent } from "../machine/event.ts";
import { CipherState } from "../noise/cipher-state.ts";
import type { Output } from "../output.ts";
import type { SavedSession } from "./blob.ts";

/** One end of a connection whose handshake was made by another channel: it behaves as that one would have (TR-006). */
export class ImportedChannel extends Channel {
  readonly #session: Pick<SavedSession["live"], "remotePublicKey" | "localPublicKey" | "context">;

  /**
   * Takes copies of the keys.
   *
   * @internal
   */
  constructor(settings: Settings, { live }: SavedSession) {
    const { role, state, sending, receiving } = live;
    const [client, server] = role === "client" ? [sending, receiving] : [receiving, sending];
    super(role, state, settings, {
      ...internals,
      firstNonces: { client: client.nonce, server: server.nonce }, // TR-022
    });
    const { remotePublicKey, localPublicKey, context } = live;
    this.#session = { remotePublicKey, localPublicKey, context };
    const { primitives } = settings;
    this.startRecords({
      clientCipher: new CipherState(primitives, client.key),
      serverCipher: new CipherState(primitives, server.key),
      exporter: new Exporter(primitives, secretCopy(live.exporterSecret)),
      channelBinding: live.channelBinding,
    });
    this.resumeRecords(live);
  }

  get remotePublicKey(): Uint8Array {
    return this.#session.remotePublicKey.slice();
  }

  get localPublicKey(): Uint8Array {
    return this.#session.localPublicKey.slice();
  }

  /** At a server, what the client wants the channel for; `undefined` for nothing in particular, and at a client. */
  get context(): string | undefined {
    return this.role === "server" ? decodeContext(this.#session.context) : undefined;
  }

  /**
   * What was under way when the session was left, in the order in which it began: bytes to transmit, data to deliver, and
   * all that the bytes which had come make (TR-034).
   *
   * @internal
   */
  goOn({ live, unread, unsent }: SavedSession): Output[] {
    return this.walk(() => {
      this.transmit(unsent);
      if (unread.length > 0) this.output({ type: "data", bytes: unread });
      this.queue.push(live.unopened);
    });
  }

  protected get contextBytes(): Uint8Array {
    return this.#session.context;
  }

  protected endReason(cause?: unknown): Reason {
    const { state } = this;
    return cause === undefined ? { code: "truncated", state } : { code: "truncated", state, cause };
  }

  protected classifyMessage(): MachineEvent {
    throw new Error("the handshake is over");
  }

  protected performHandshake(action: string): void {
    throw new Error(`after the handshake there is no output ${action}`);
  }

  protected wipeHandshake(): void {
    // Its secrets went with the channel that made it.
  }
}
