/** Why: key files pass through editors, mail and other systems, which change line ends and encodings. */
import { describe, expect, it } from "vitest";
import { everythingOf, refusal, shows } from "../../properties/arbitraries/key-errors.ts";
import { loadPrimitives } from "../crypto/index.ts";
import { localKeyHolder } from "./key-pair.ts";
import { formatSecretKeyFile, parseSecretKeyFile } from "./secret-key-lines.ts";
import { formatSecretKey } from "./text.ts";

const primitives = await loadPrimitives();
const secretKey = Uint8Array.from({ length: 32 }, (_, index) => index * 7 + 1);
const secretText = formatSecretKey(secretKey);
const holder = localKeyHolder(primitives, secretKey);
const bytes = (text: string) => new TextEncoder().encode(text);
const refused = (content: Uint8Array | string) =>
  refusal(() => parseSecretKeyFile(typeof content === "string" ? bytes(content) : content));

describe("the content of a secret key's file", () => {
  it("KT-032: is when it was made, the public key, and the secret key", () => {
    const text = formatSecretKeyFile(holder, new Date("2025-01-31T12:00:00.987Z"));
    expect(text).toBe(
      `# created: 2025-01-31T12:00:00Z\n# public key: ${holder.publicKeyText}\n${secretText}\n`,
    );
    expect(parseSecretKeyFile(bytes(text))).toEqual(secretKey);
  });

  it.each([
    ["no line end", secretText],
    ["CRLF", `# a\r\n\r\n${secretText}\r\n`],
    ["a byte order mark", `\ufeff${secretText}\n`],
    ["a byte order mark before a comment", `\ufeff# a\n${secretText}\n`],
    ["blanks around it", `\n \t\n \t# a\n\t ${secretText} \t\r\n\n`],
    ["comments that mention a key", `# HAWSER-SECRET-KEY-1\n# hawser1\n${secretText}\n# end`],
  ])("KT-030, KT-031, KT-033: may have %s", (_, text) => {
    expect(parseSecretKeyFile(bytes(text))).toEqual(secretKey);
  });

  it("KT-033: no key", () => {
    expect(refused("").message).toContain("this is empty");
    for (const text of ["", "\n", "# a\n \r\n", "\ufeff"])
      expect(refused(text).code).toBe("ERR_HAWSER_KEY_FILE_NO_KEY");
  });

  it("KT-033: two keys, the same twice, or anything after the key", () => {
    for (const more of [secretText, formatSecretKey(new Uint8Array(32)), holder.publicKeyText, "x"]) {
      const error = refused(`# a\n${secretText}\n\n${more}\n`);
      expect(error).toMatchObject({ code: "ERR_HAWSER_KEY_FILE_TWO_KEYS", line: 4 });
      expect(shows(everythingOf(error), secretText.slice(19))).toBe(false);
    }
  });

  it.each([
    [holder.publicKeyText, "ERR_HAWSER_KEY_PUBLIC"],
    ["-----BEGIN OPENSSH PRIVATE KEY-----", "ERR_HAWSER_KEY_SURROUNDED"],
    [`${secretText} # mine`, "ERR_HAWSER_KEY_SURROUNDED"],
    [`${secretText}\r${secretText}`, "ERR_HAWSER_KEY_SURROUNDED"],
    [`\u00a0${secretText}`, "ERR_HAWSER_KEY_SURROUNDED"],
    [secretText.slice(0, -1), "ERR_HAWSER_KEY_LENGTH"],
    [secretText.toLowerCase(), "ERR_HAWSER_KEY_WRONG_CASE"],
  ])("KT-033, KT-020: a line that is no secret key, by its number", (line, code) => {
    const error = refused(`# a\r\n${line}\r\n`);
    expect(error).toMatchObject({ code, line: 2 });
    expect(error.message).toMatch(/^line 2: /);
    expect(shows(everythingOf(error), secretText.slice(19))).toBe(false);
  });

  it.each([
    ["PEM", "-----BEGIN OPENSSH PRIVATE KEY-----"],
    ["a key of ssh", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5 alice"],
    ["a key of age", "AGE-SECRET-KEY-1QL3Z7HJY54PW3HYWW5AYYFG7ZQGVC7W3J2ELW8ZMRJ2KG5SFN9AQMCAC8P"],
    ["hexadecimal", "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a"],
    ["base64", Buffer.from(secretKey).toString("base64")],
    ["base64", Buffer.from(secretKey).toString("base64url")],
    ["UTF-16", Buffer.from(`# mine\r\n${secretText}\r\n`, "utf16le").toString("latin1")],
    ["UTF-16", Buffer.from(secretText, "utf16le").swap16().toString("latin1")],
    ["carriage returns alone", `${secretText}\r# mine\r`],
  ])("says that it looks like %s, and shows nothing of it", (what, text) => {
    const error = refused(text);
    expect(error.message).toContain("no Hawser key here; this looks like ");
    expect(error.message).toContain(what);
    expect(everythingOf(error).includes(text.slice(20, 36))).toBe(false);
    expect(shows(everythingOf(error), secretText.slice(19))).toBe(false);
  });

  it("finds the reason why a file of carriage returns is one comment", () => {
    expect(refused(`# mine\r${secretText}\r`)).toMatchObject({ code: "ERR_HAWSER_KEY_FILE_NO_KEY" });
    expect(refused(`# mine\r${secretText}\r`).message).toContain("carriage returns alone");
    expect(refused("# mine\r\n").message).not.toContain("carriage");
  });

  it("knows a key that was wrapped over two lines from one that was cut", () => {
    const [head, tail] = [secretText.slice(0, 64), secretText.slice(64)];
    const error = refused(`# a\n${head}\r\n${tail}\n`);
    expect(error).toMatchObject({ code: "ERR_HAWSER_KEY_LENGTH", line: 2 });
    expect(error.message).toContain("wrapped over two lines");
    expect(shows(everythingOf(error), secretText.slice(19))).toBe(false);
    // Not its length is at fault here.
    expect(refused(`${head.slice(0, -1)}B\n${tail}`)).toMatchObject({ code: "ERR_HAWSER_KEY_CHARACTER" });
    expect(refused(`${head.slice(0, -1)}B\n${tail}`).message).not.toContain("wrapped");
    for (const text of [head, `${head}\n${tail}Q`, `${head}\n${tail.slice(1)}!`]) {
      expect(refused(text).message).toContain("copy all of it");
    }
  });

  it("KT-030: not UTF-8, and UTF-16 by name", () => {
    const utf16 = new Uint8Array(Buffer.from(`\ufeff${secretText}\n`, "utf16le"));
    expect(refused(utf16)).toMatchObject({ code: "ERR_HAWSER_KEY_FILE_ENCODING" });
    expect(refused(utf16).message).toContain("UTF-16");
    expect(refused(utf16.map((_, index) => utf16[index ^ 1] ?? 0)).message).toContain("UTF-16");
    expect(refused(Uint8Array.of(0x80)).code).toBe("ERR_HAWSER_KEY_FILE_ENCODING");
    expect(refused(Uint8Array.of(...bytes(secretText), 0xc3)).code).toBe("ERR_HAWSER_KEY_FILE_ENCODING");
  });
});
