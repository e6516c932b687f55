import { canonicalHost } from "../keys/host.ts";
import { KeyError } from "../keys/index.ts";
import { usageError } from "./errors.ts";

/** Where to listen. Without a host it is all addresses. */
export type ListenAddress =
  | { readonly host?: string; readonly port: number }
  | {
      readonly path: string;
    };

/**
 * `PORT`, `HOST:PORT`, `[IPV6]:PORT` or `unix:PATH`. Port 0 is any that is free.
 *
 * @throws CommandError ERR_HAWSER_USAGE
 */
export function parseListenAddress(text: string): ListenAddress {
  if (text.startsWith("unix:")) {
    const path = text.slice("unix:".length);
    if (path !== "") return { path };
    throw usageError("After unix: comes the path of the socket, as in unix:/run/hawser.sock.");
  }
  if (text.startsWith("/") || text.startsWith("./")) {
    throw usageError(`A unix socket's path has unix: before it, as in unix:/run/hawser.sock.`);
  }
  if (/^hawser(\+unix)?:/i.test(text)) {
    throw usageError(
      "That is a URL to connect to; listen takes the address alone: [HOST:]PORT or unix:PATH.",
    );
  }
  const [, bracketed, name, port] = /^(?:(?:\[([^\]]*)\]|([^:[\]]*)):)?(\d{1,5})$/.exec(text) ?? [];
  if (port === undefined || Number(port) > 65_535) {
    throw usageError(
      "The address to listen at is [HOST:]PORT, the port a number from 0 (any that is free) to 65535, an IPv6 " +
        "address in brackets: 4100, 127.0.0.1:4100 or [::1]:4100; or it is unix:PATH.",
    );
  }
  const host = bracketed ?? name;
  return host === undefined ? { port: Number(port) } : { host: hostOf(host), port: Number(port) };
}

/** The address as it was meant, for messages. */
export function nameOfAddress(address: ListenAddress): string {
  if ("path" in address) return address.path;
  const { host, port } = address;
  if (host === undefined) return `port ${port}`;
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

function hostOf(text: string): string {
  try {
    return canonicalHost(text);
  } catch (error) {
    throw error instanceof KeyError
      ? usageError(`The address to listen at: ${error.reason}; without a host, give the port alone.`)
      : error;
  }
}
