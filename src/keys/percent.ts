import { KeyError } from "./errors.ts";

/** Percent-encoding (RFC 3986 §2.1), strict both ways. */

/** Holds a URL's characters against RFC 3986 §2; a `#` has an error of its own. @throws KeyError (KT-063, KT-064) */
export function requireUrlCharacters(text: string): void {
  const at = text.search(/[^A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=%]/);
  if (at >= 0) {
    throw new KeyError(
      "ERR_HAWSER_URL_CHARACTER",
      `character ${at + 1} of ${text.length} may not stand in a URL (a blank, a quote, a backslash or a letter outside ` +
        "ASCII?): leave it out, or write it percent-encoded",
    );
  }
  if (text.includes("#")) {
    throw new KeyError(
      "ERR_HAWSER_URL_FRAGMENT",
      "a connection string has no fragment (#); write a # in a path as %23",
    );
  }
}

/** A component's text, decoded. @throws KeyError ERR_HAWSER_URL_ENCODING (KT-066) */
export function percentDecode(component: string): string {
  try {
    return decodeURIComponent(component);
  } catch {
    throw new KeyError(
      "ERR_HAWSER_URL_ENCODING",
      "a percent sign is not followed by two hexadecimal digits, or what is encoded is not UTF-8; write % as %25",
    );
  }
}

/** All but RFC 3986's unreserved characters as `%` and two upper-case hexadecimal digits. */
export function percentEncode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** What a text may mean to a careless decoder, for looking into it only: ASCII decoded, whatever else is there. */
export function decodedLoosely(text: string): string {
  return text.replace(/%([0-7][0-9A-Fa-f])/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
}
