import { argumentError, requireKey, requireObject, requireText } from "./arguments.ts";
import { requireContext } from "./context.ts";
import { KeyError } from "./errors.ts";
import { canonicalHost, hostInUrl } from "./host.ts";
import { looksLikePublicKey } from "./lookalikes.ts";
import { decodedLoosely, percentDecode, percentEncode, requireUrlCharacters } from "./percent.ts";
import { formatPublicKey, KEY_BYTES, mentionsSecretKey, parsePublicKey, secretMisplaced } from "./text.ts";

/**
 * Connection strings: all that a client needs to know of a server, in one URL.
 *
 *     hawser://hawser1…@host:port?via=hawser1…&context=name
 *     hawser+unix://hawser1…@/path/to.sock
 *
 * The parser is the grammar of `spec/keys.md` and nothing else; the platform's URL class, whose rules for unknown
 * schemes differ (empty hosts, percent-encoded hosts, dot segments), has no part in it. Nothing here imports Node.
 */

/** Where a server listens. */
export type Endpoint =
  | {
      readonly transport: "tcp";
      /** A DNS name, an IPv4 or an IPv6 address without brackets. */
      readonly host: string;
      /** 1 to 65535. */
      readonly port: number;
    }
  | {
      readonly transport: "unix";
      /** The absolute path of a unix socket, at most 107 bytes of UTF-8. */
      readonly path: string;
    };

/**
 * What a connection string says. Server key, via key and context have the names of `ClientOptions`, which may be
 * given them as they are: `{ ...options, ...parseConnectionString(text) }`.
 */
export interface ConnectionTarget {
  readonly endpoint: Endpoint;
  /** The server's public key, 32 bytes; absent on first use. */
  readonly serverKey?: Uint8Array;
  /** The public key, 32 bytes, that opens the route, where it is not the server's. */
  readonly via?: Uint8Array;
  /** What the connection is for, 1 to 32 bytes of ASCII from 0x21 to 0x7E. */
  readonly context?: string;
}

/** The longest connection string that is read, in characters. */
export const URL_MAX_LENGTH = 2048;

/** The longest path of a unix socket, in bytes: what Linux has room for (108) less the NUL at its end. */
export const UNIX_PATH_MAX_BYTES = 107;

/**
 * What a connection string says, in canonical form: a via key that equals the server's key, and an empty context,
 * are left out, since they say the same as none. (KT-060, KT-061, KT-062, KT-065, KT-083)
 *
 * @throws KeyError ERR_HAWSER_URL_…, or a code of the text of its keys; ERR_HAWSER_KEY_SECRET when a secret key is
 *   anywhere in it
 */
export function parseConnectionString(text: string): ConnectionTarget {
  requireText("the connection string", text);
  if (mentionsSecretKey(text) || mentionsSecretKey(decodedLoosely(text))) {
    throw secretMisplaced("a connection string, which has public keys (hawser1…) only,");
  }
  if (text.length > URL_MAX_LENGTH) {
    throw new KeyError(
      "ERR_HAWSER_URL_LENGTH",
      `the connection string has ${text.length} characters, and at most ${URL_MAX_LENGTH} were expected`,
    );
  }
  requireUrlCharacters(text);

  const scheme = /^hawser(\+unix)?:\/\//i.exec(text);
  if (scheme === null) {
    throw new KeyError(
      "ERR_HAWSER_URL_SCHEME",
      "a connection string begins with hawser:// or hawser+unix://, as in hawser://hawser1…@example.org:7000",
    );
  }
  const rest = text.slice(scheme[0].length);
  const query = /\?(.*)/.exec(rest)?.[1];
  const place = rest.replace(/\?.*/, "");
  const authority = place.replace(/\/.*/, "");
  const path = place.slice(authority.length);
  const { userinfo, location } = splitAuthority(authority);

  const serverKey =
    userinfo === undefined ? undefined : keyNamed("the server's key, before the @", percentDecode(userinfo));
  const endpoint = scheme[1] === undefined ? tcpEndpoint(location, path) : unixEndpoint(location, path);
  const { via: viaText, context } = parameters(query);
  const via = viaText === undefined ? undefined : keyNamed("the via key", viaText);
  return canonicalTarget({
    endpoint,
    ...(serverKey === undefined ? {} : { serverKey }),
    ...(via === undefined ? {} : { via }),
    ...(context === undefined ? {} : { context }),
  });
}

/**
 * The canonical connection string of a target: parsing it gives the target, and there is no other that this function
 * makes of it. (KT-081, KT-082)
 *
 * @throws KeyError ERR_HAWSER_URL_… where the target is one that no connection string can say,
 *   ERR_HAWSER_KEY_ARGUMENT where it is none
 */
export function formatConnectionString(target: ConnectionTarget): string {
  const { endpoint, serverKey, via, context } = canonicalTarget(target);
  const key = serverKey === undefined ? "" : `${formatPublicKey(serverKey)}@`;
  const query = [
    ...(via === undefined ? [] : [`via=${formatPublicKey(via)}`]),
    ...(context === undefined ? [] : [`context=${percentEncode(context)}`]),
  ].join("&");
  const place =
    endpoint.transport === "tcp"
      ? `hawser://${key}${hostInUrl(endpoint.host)}:${endpoint.port}`
      : `hawser+unix://${key}${endpoint.path.split("/").map(percentEncode).join("/")}`;
  return query === "" ? place : `${place}?${query}`;
}

/**
 * A target in canonical form: the host's canonical text, no via key that equals the server's, no empty context.
 * (KT-079, KT-080)
 *
 * @throws KeyError ERR_HAWSER_URL_…, ERR_HAWSER_KEY_ARGUMENT
 */
export function canonicalTarget(target: ConnectionTarget): ConnectionTarget {
  requireObject("the target", target, "an object { endpoint, serverKey, via, context } was expected");
  const { serverKey, via, context } = target;
  if (serverKey !== undefined) requireKey("serverKey", serverKey, KEY_BYTES, "parsePublicKey");
  if (via !== undefined) requireKey("via", via, KEY_BYTES, "parsePublicKey");
  if (context !== undefined) requireText("context", context);
  const endpoint = canonicalEndpoint(target.endpoint);
  if (via !== undefined && serverKey === undefined) {
    throw new KeyError(
      "ERR_HAWSER_URL_VIA",
      "there is a via key and no server key, and a route needs one to name: put hawser1…@ before the host",
    );
  }
  if (context !== undefined) requireContext(context);
  const viaIsServer = via !== undefined && serverKey !== undefined && sameBytes(via, serverKey);
  return {
    endpoint,
    ...(serverKey === undefined ? {} : { serverKey }),
    ...(via === undefined || viaIsServer ? {} : { via }),
    ...(context === undefined || context === "" ? {} : { context }),
  };
}

function canonicalEndpoint(endpoint: Endpoint): Endpoint {
  const expected = '{ transport: "tcp", host, port } or { transport: "unix", path } was expected';
  requireObject("the endpoint", endpoint, expected);
  switch (endpoint.transport) {
    case "unix":
      requireText("the endpoint's path", endpoint.path);
      requireUnixPath(endpoint.path);
      return { transport: "unix", path: endpoint.path };
    case "tcp": {
      const { host, port } = endpoint;
      requireText("the endpoint's host", host);
      requireBareHost(host);
      if (!Number.isInteger(port) || port < 1 || port > 65535) throw portError(port === undefined);
      return { transport: "tcp", host: canonicalHost(host), port };
    }
    default:
      // Never guessed: an endpoint of a transport that only a later version knows is not one of TCP.
      throw argumentError(
        "the endpoint",
        endpoint satisfies never,
        `its transport is neither "tcp" nor "unix": ${expected}`,
      );
  }
}

/** The commonest two mistakes of a host that is a field of its own. */
function requireBareHost(host: string): void {
  const problem = host.startsWith("[")
    ? "the host of an endpoint has no brackets: write 2001:db8::1"
    : /^[^:]*:[0-9]*$/.test(host)
      ? "the host has a port in it, or a colon: the endpoint's port is a field of its own"
      : undefined;
  if (problem !== undefined) throw new KeyError("ERR_HAWSER_URL_HOST", problem);
}

function portError(missing: boolean): KeyError {
  return new KeyError(
    "ERR_HAWSER_URL_PORT",
    missing
      ? "the port is missing, and there is no default: write HOST:PORT"
      : "the port is not a number from 1 to 65535 without leading zeros",
  );
}

/** Both parts as they stand, still percent-encoded. An absent key has no `@` either. (KT-067) */
function splitAuthority(authority: string): { userinfo: string | undefined; location: string } {
  const [before = "", after, ...more] = authority.split("@");
  if (after === undefined) return { userinfo: undefined, location: before };
  if (more.length > 0) throw userinfoError("there is more than one @ before the path");
  if (before === "") {
    throw userinfoError(
      "there is no key before the @ (an unset variable?); without a key, leave out the @ too",
    );
  }
  if (before.includes(":")) throw userinfoError("there is a password before the @, not just one public key");
  return { userinfo: before, location: after };
}

function userinfoError(reason: string): KeyError {
  return new KeyError("ERR_HAWSER_URL_USERINFO", reason);
}

/** KT-068, KT-073. */
function tcpEndpoint(location: string, path: string): Endpoint {
  const [, brackets, name = "", port] = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::([^:]*))?$/.exec(location) ?? [];
  if (brackets === undefined && name === "") {
    throw new KeyError(
      "ERR_HAWSER_URL_HOST",
      "the host is missing or has stray colons or brackets; write HOST:PORT, and an IPv6 address as [2001:db8::1]:PORT",
    );
  }
  const host = brackets === undefined ? namedHost(name) : bracketedHost(brackets);
  if (port === undefined || port === "") throw portError(true);
  if (!/^[1-9][0-9]{0,4}$/.test(port) || Number(port) > 65535) throw portError(false);
  if (path !== "" && path !== "/") {
    throw new KeyError(
      "ERR_HAWSER_URL_PATH",
      "there is a path after the port; a unix socket's URL begins with hawser+unix://",
    );
  }
  return { transport: "tcp", host, port: Number(port) };
}

/** A colon that was percent-encoded makes no IPv6 address of what has no brackets. */
function namedHost(text: string): string {
  const name = percentDecode(text);
  if (!name.includes(":")) return canonicalHost(name);
  throw new KeyError(
    "ERR_HAWSER_URL_HOST",
    "the host has an encoded colon; an IPv6 address stands in brackets",
  );
}

/** Brackets hold an IPv6 address; its zone, if any, comes after a percent sign that is itself encoded (RFC 6874). */
function bracketedHost(text: string): string {
  const [address = "", zone] = text.split("%25");
  if (!address.includes(":") || text.replace("%25", "").includes("%")) {
    throw new KeyError(
      "ERR_HAWSER_URL_HOST",
      "brackets hold an IPv6 address, such as [2001:db8::1], or with a zone [fe80::1%25eth0]",
    );
  }
  return canonicalHost(zone === undefined ? address : `${address}%${zone}`);
}

/** KT-074, KT-075. */
function unixEndpoint(location: string, path: string): Endpoint {
  if (looksLikePublicKey(location)) {
    throw new KeyError(
      "ERR_HAWSER_URL_HOST",
      "there is a key without an @: put @ after the key, as in hawser+unix://KEY@/run/hawser.sock",
    );
  }
  if (location !== "") {
    throw new KeyError(
      "ERR_HAWSER_URL_HOST",
      "a unix socket has no host: the path is absolute and begins right after the @, or after the // where there is no key",
    );
  }
  const decoded = percentDecode(path);
  requireUnixPath(decoded);
  return { transport: "unix", path: decoded };
}

/** KT-075. @throws KeyError ERR_HAWSER_URL_PATH */
export function requireUnixPath(path: string): void {
  const problem =
    !path.startsWith("/") || path.endsWith("/")
      ? "is not the absolute path of a socket, such as /run/hawser.sock"
      : path.includes("\0")
        ? "has a NUL character, which no path has"
        : /\p{Cs}/u.test(path)
          ? "has half a surrogate pair, which no path has"
          : new TextEncoder().encode(path).length > UNIX_PATH_MAX_BYTES
            ? `is longer than the ${UNIX_PATH_MAX_BYTES} bytes that a unix socket's path may have: use a shorter one`
            : undefined;
  if (problem !== undefined) throw new KeyError("ERR_HAWSER_URL_PATH", `the path ${problem}`);
}

/** Values are percent-decoded; a `+` is a plus, not a blank. (KT-076, KT-077) */
function parameters(query: string | undefined): { via?: string; context?: string } {
  const found: { via?: string; context?: string } = {};
  if (query === undefined) return found;
  for (const [index, parameter] of query.split("&").entries()) {
    const where = `parameter ${index + 1} after the ?`;
    const equals = parameter.indexOf("=");
    if (equals < 1) throw parameterError(`${where} is not NAME=VALUE`);
    const name = percentDecode(parameter.slice(0, equals));
    if (name !== "via" && name !== "context") {
      throw parameterError(
        `${where} is neither via nor context (in lower case), and this version knows no other`,
      );
    }
    if (found[name] !== undefined) throw parameterError(`${where} repeats ${name}; say it once`);
    found[name] = percentDecode(parameter.slice(equals + 1));
  }
  return found;
}

function parameterError(reason: string): KeyError {
  return new KeyError("ERR_HAWSER_URL_PARAMETER", reason);
}

function keyNamed(which: string, text: string): Uint8Array {
  try {
    return parsePublicKey(text);
  } catch (error) {
    throw error instanceof KeyError ? new KeyError(error.code, `${which}: ${error.reason}`) : error;
  }
}

/** Public keys, of one length: not secret, so not compared in constant time. */
function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.every((byte, index) => byte === b[index]);
}
