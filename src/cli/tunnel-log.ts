import type { Observe, TunnelEvent, TunnelFailure, TunnelPeer } from "../tunnel/observer.ts";
import type { Fields, Log } from "./log.ts";
import type { Role } from "./status-page.ts";

/** Says in the log what a tunnel tells. Keys are told by their names, or by how they begin: see {@link keyLabel}. */
export function logTunnel(log: Log, role: Role): Observe {
  return (event) => say(log, role, event);
}

/** As many characters of a key's text as tell keys of a list apart, and find its line by `grep`. */
const shortKey = 16;

/** A key's name; where it has none, how its text begins. */
export function keyLabel(keyName: string | undefined, publicKey: string): string {
  return keyName ?? `${publicKey.slice(0, shortKey)}…`;
}

function say(log: Log, role: Role, event: TunnelEvent): void {
  switch (event.type) {
    case "listening": {
      const { url, address } = event;
      if (url !== undefined)
        log.info({ event: "listening", words: url, isBare: true, fields: { url, address } });
      else log.info({ event: "listening", words: `Listening at ${address}.`, fields: { address } });
      return;
    }
    case "handshakeDone":
      log.debug({
        event: "handshake",
        words: `A handshake is over after ${Math.round(event.milliseconds)} ms: ${event.outcome}.`,
        fields: { outcome: event.outcome, milliseconds: round(event.milliseconds) },
      });
      return;
    case "refused": {
      const { failure, address, publicKey } = event;
      // Whole, unlike anywhere else: this is the line that may be missing in the authorized-keys file.
      const who = [publicKey ?? "A client", ...(address === undefined ? [] : [`(${address})`])].join(" ");
      warn(log, "not_let_in", `${who} was not let in. ${failure.words}`, failure, { publicKey, address });
      return;
    }
    case "connectionOpened": {
      const { connection, peer, backend } = event;
      // The server's end connects to its service only now, and may fail.
      const how = role === "serve" ? "is let in, for" : "is connected to";
      log.info({
        event: "connected",
        words: `#${connection} ${nameOf(peer)} ${how} ${backend}.`,
        fields: { connection, ...fieldsOf(peer), backend },
      });
      return;
    }
    case "connectionClosed": {
      const { connection, peer, backend, bytesIn, bytesOut, milliseconds, failure } = event;
      const fields = {
        connection,
        ...fieldsOf(peer),
        backend,
        bytesIn,
        bytesOut,
        milliseconds: round(milliseconds),
      };
      const amounts = `${bytesIn} bytes in, ${bytesOut} out`;
      if (failure !== undefined) {
        const words = `#${connection} ${nameOf(peer)} failed after ${amounts}: ${failure.words}`;
        warn(log, "failed", words, failure, fields);
      } else {
        log.info({ event: "closed", words: `#${connection} ${nameOf(peer)} is done: ${amounts}.`, fields });
      }
      return;
    }
    case "alertSent":
    case "alertReceived": {
      const { alert, name } = event;
      const isSent = event.type === "alertSent";
      log.debug({
        event: isSent ? "alert_sent" : "alert_received",
        words: `${isSent ? "Sent" : "Received"} an alert: ${name ?? alert}.`,
        fields: { alert, alertName: name },
      });
      return;
    }
    case "limitReached": {
      const { limit, address, keyName } = event;
      const who = [keyName, address].filter((part) => part !== undefined).join(", ");
      log.warn({
        event: "limit_reached",
        words: `The limit ${limit} is reached${who === "" ? "" : ` (${who})`}.`,
        fields: { limit, key: keyName, address },
      });
      return;
    }
    case "backendFailed": {
      const { connection, backend, failure } = event;
      warn(log, "backend_failed", `#${connection} ${backend}: ${failure.words}`, failure, {
        connection,
        backend,
      });
      return;
    }
    case "connectFailed": {
      const { failure, address, retryIn } = event;
      warn(log, "connect_failed", failure.words, failure, { address, retryIn });
      return;
    }
    case "poolChanged": {
      const { ready, wanted } = event;
      log.debug({
        event: "pool",
        words: `${ready} of ${wanted} connections stand ready.`,
        fields: { ready, wanted },
      });
      return;
    }
    case "reloaded":
      log.info({
        event: "reloaded",
        words: `The keys were read anew; own public key: ${event.publicKeys.join(", ")}.`,
        fields: { publicKeys: event.publicKeys.join(" ") },
      });
      return;
    case "reloadFailed": {
      // KT-102: the words begin with the file and the line.
      const { failure } = event;
      const words = `The keys could not be read anew, and those from before hold. ${failure.words}`;
      log.error({ event: "reload_failed", words, code: failure.code });
      return;
    }
    case "serverError":
      warn(log, "server_error", event.failure.words, event.failure, {});
      return;
    case "closing":
      log.info({
        event: "closing",
        words: `No more connections are taken; ${event.connections} open get ${event.grace / 1_000} s to end.`,
        fields: { grace: event.grace, connections: event.connections },
      });
      return;
    case "closed":
      log.info({ event: "stopped", words: "All connections are closed." });
      return;
    default:
      event satisfies never;
  }
}

function warn(log: Log, event: string, words: string, { code }: TunnelFailure, fields: Fields): void {
  log.warn({ event, words, code, fields });
}

function fieldsOf({ keyName, publicKey, address }: TunnelPeer): Fields {
  return { key: keyLabel(keyName, publicKey), address };
}

function nameOf({ keyName, publicKey, address }: TunnelPeer): string {
  return `${keyLabel(keyName, publicKey)}${address === undefined ? "" : ` (${address})`}`;
}

function round(milliseconds: number): number {
  return Math.round(milliseconds * 1_000) / 1_000;
}
