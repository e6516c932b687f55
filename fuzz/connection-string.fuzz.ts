import {
  type ConnectionTarget,
  canonicalTarget,
  formatConnectionString,
  formatPublicKey,
  mentionsSecretKey,
  parseConnectionString,
} from "../src/keys/portable.ts";
import { check } from "./support/check.ts";
import { keyResult } from "./support/key-errors.ts";
import { withKeys } from "./support/named-keys.ts";

/** The text, in which bytes 0x01 to 0x06 stand for keys. */
export const lengths = { usual: 96, longest: 4_096 };

/** The grammar of `spec/keys.md`, of canonical forms. */
const key = "hawser1[02-9ac-hj-np-z]{58}";
const context = "(?:[A-Za-z0-9._~-]|%[2-7][0-9A-F]){1,96}";
const host =
  "(?:[a-z0-9_](?:[a-z0-9_.-]{0,252}[a-z0-9_])?\\.?|\\[[0-9a-f:]+(?:%25[A-Za-z0-9._~-]{1,64})?\\])";
const path = "(?:/(?:[A-Za-z0-9._~-]|%[0-9A-F]{2})*)+";
const place = `hawser(?:://(?:${key}@)?${host}:[1-9][0-9]{0,4}|\\+unix://(?:${key}@)?${path})`;
const parameters = `(?:via=${key}(?:&context=${context})?|context=${context})`;
const grammar = new RegExp(`^${place}(?:\\?${parameters})?$`);
const viaAlone = /^hawser(?:\+unix)?:\/\/(?!hawser1[^/?]*@).*[?&]via=/;

/**
 * What is read is written again in a form that reads as the same and is written as itself, and that the platform's URL
 * class takes apart into the same parts; everything else ends in a documented error that shows nothing of it.
 */
export function fuzz(data: Uint8Array): void {
  const text = withKeys(data);
  const found = keyResult(() => parseConnectionString(text));
  if ("error" in found) {
    const { code } = found.error;
    check(/^ERR_HAWSER_(URL|KEY)_/.test(code), `${code} is no error of a connection string`);
    check(
      !mentionsSecretKey(text) || code === "ERR_HAWSER_KEY_SECRET",
      `a secret key, and the error is ${code}`,
    );
    return;
  }
  check(!mentionsSecretKey(text), "a secret key goes unnoticed");
  check(text.length <= 2_048, "a string that is too long");
  const canonical = formatConnectionString(found.value);
  check(grammar.test(canonical), `the canonical form is not of the grammar: ${canonical}`);
  check(!viaAlone.test(canonical), "a via key, and no server's to name in a route");
  const again = keyResult(() => parseConnectionString(canonical));
  if ("error" in again) throw new Error(`the canonical form is refused by ${again.error.code}: ${canonical}`);
  check(inWords(again.value) === inWords(found.value), "the canonical form says something else");
  check(inWords(canonicalTarget(found.value)) === inWords(found.value), "what was read is not canonical");
  check(formatConnectionString(again.value) === canonical, `there are two canonical forms of ${canonical}`);
  checkWithUrl(canonical, found.value);
}

function inWords({ endpoint, serverKey, via, context }: ConnectionTarget): string {
  const keys = [serverKey, via].map((key) => key && formatPublicKey(key));
  return JSON.stringify([endpoint, ...keys, context]);
}

/** The platform's class repairs what it should refuse, but has no other opinion of what is canonical. */
function checkWithUrl(canonical: string, { endpoint, serverKey, via, context }: ConnectionTarget): void {
  // It knows no zones, and no empty host with a user, and it resolves dot segments.
  if (endpoint.transport === "unix" || endpoint.host.includes("%")) return;
  const url = new URL(canonical);
  check(
    url.protocol === "hawser:" && url.port === String(endpoint.port),
    `the port is ${url.port} to others`,
  );
  check(url.hostname.replace(/^\[(.*)\]$/, "$1") === endpoint.host, `the host is ${url.hostname} to others`);
  check(
    url.username === (serverKey === undefined ? "" : formatPublicKey(serverKey)),
    "the key is another to others",
  );
  const parameters = new Map(
    url.search
      .slice(1)
      .split("&")
      .filter((parameter) => parameter !== "")
      .map((parameter): [string, string] => {
        const at = parameter.indexOf("=");
        return [parameter.slice(0, at), decodeURIComponent(parameter.slice(at + 1))];
      }),
  );
  check(parameters.get("via") === (via && formatPublicKey(via)), "the via key is another to others");
  check(parameters.get("context") === context, "the context is another to others");
}
