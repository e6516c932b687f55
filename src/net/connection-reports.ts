import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { formatPublicKey } from "../keys/portable.ts";
import { ClientChannel } from "../protocol/channel/client-channel.ts";
import type { Output } from "../protocol/output.ts";
import { alertName, escapeMessage } from "../protocol/record/alert.ts";
import { nextConnection, report, wordFor } from "./diagnostics.ts";
import { codeOf } from "./errors.ts";
import type { AnyChannel } from "./origin.ts";

/** What one connection tells of itself on the diagnostics channels. */
export class ConnectionReports {
  readonly #channel: AnyChannel;
  readonly #connection = nextConnection();

  constructor(channel: AnyChannel) {
    this.#channel = channel;
  }

  opening(transport: Duplex): void {
    report("hawser:connection:opening", () => {
      const { remoteAddress, remotePort } = transport as Partial<Socket>;
      const role = this.#channel.role;
      return { connection: this.#connection, role, remoteAddress, remotePort };
    });
  }

  state(from: string): void {
    const to = this.#channel.state;
    if (to !== from) report("hawser:connection:state", () => ({ connection: this.#connection, from, to }));
  }

  writeFailed(cause: unknown): void {
    report("hawser:connection:read-on", () => ({ connection: this.#connection, cause: wordFor(cause) }));
  }

  broken(cause: unknown): void {
    report("hawser:connection:broken", () => ({ connection: this.#connection, cause: wordFor(cause) }));
  }

  /** An output of the channel that is about to be carried out. */
  output(output: Output): void {
    const connection = this.#connection;
    if (output.type === "closed") report("hawser:connection:closed", () => ({ connection }));
    else if (output.type === "open") {
      const channel = this.#channel;
      const context = channel instanceof ClientChannel ? undefined : channel.context;
      report("hawser:connection:open", () => ({ connection, peer: this.#peer, context }));
    } else if (output.type === "alert") {
      const { code: alert, message } = output;
      const name = alertName(alert);
      report("hawser:alert:received", () => ({ connection, alert, name, words: escapeMessage(message) }));
    } else if (output.type === "failed") {
      const { code, origin, requirement, alertSent: alert } = output.failure;
      if (alert !== undefined)
        report("hawser:alert:sent", () => ({ connection, alert, name: alertName(alert) }));
      report("hawser:connection:failed", () => {
        return { connection, code: codeOf(code), origin, requirement, peer: this.#peer };
      });
    }
  }

  /** The peer's public key, as its text. */
  get #peer(): string | undefined {
    const { remotePublicKey } = this.#channel;
    return remotePublicKey && formatPublicKey(remotePublicKey);
  }
}
