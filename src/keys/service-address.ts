import { KeyError } from "./errors.ts";
import { canonicalHost } from "./host.ts";
import { requireUnixPath } from "./url.ts";

/** Where a service is: a host and its port, or the path of its unix socket. */
export type ServiceAddress =
  | {
      /** A DNS name or an IPv4 address, or an IPv6 address without brackets; canonical. */
      readonly host: string;
      /** 1 to 65535. */
      readonly port: number;
    }
  | {
      /** Absolute, at most 107 bytes of UTF-8. */
      readonly path: string;
    };

/**
 * `HOST:PORT`, an IPv6 address in brackets, or `unix:/PATH`. (KT-094)
 *
 * @throws KeyError ERR_HAWSER_URL_HOST, _PORT, _PATH
 */
export function parseServiceAddress(text: string): ServiceAddress {
  if (text.startsWith("unix:")) {
    const path = text.slice("unix:".length);
    requireUnixPath(path);
    return { path };
  }
  const [, brackets, name, port] =
    /^(?:\[([^[\]]*:[^[\]]*)\]|([^:[\]]+)):([1-9][0-9]{0,4})$/.exec(text) ?? [];
  if (port === undefined || Number(port) > 65_535) {
    throw new KeyError(
      "ERR_HAWSER_URL_PORT",
      "a service is HOST:PORT, the port a number from 1 to 65535 and an IPv6 address in brackets, or unix:/PATH",
    );
  }
  return { host: canonicalHost(brackets ?? (name as string)), port: Number(port) };
}

/** The canonical text, which {@link parseServiceAddress} reads as the same address. */
export function formatServiceAddress(address: ServiceAddress): string {
  if ("path" in address) return `unix:${address.path}`;
  const { host, port } = address;
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
