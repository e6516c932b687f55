/** Makes each error of the keys layer happen, for the page of errors: its words are then those that a program meets. */
import { appendFileSync, chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bech32 } from "@scure/base";
import { loadPrimitives } from "../src/crypto/index.ts";
import {
  formatConnectionString,
  formatPublicKey,
  formatSecretKey,
  generateKeyPair,
  KeyError,
  type KeyErrorCode,
  openAuthorizedKeys,
  parseConnectionString,
  parsePublicKey,
  parseSecretKey,
  readSecretKeyFile,
  writeSecretKeyFile,
} from "../src/keys/index.ts";

/** How the folder is called that the files of these mistakes are in. */
const shownFolder = "/etc/hawser";

const bytes = new Uint8Array(32).fill(7);
const publicKey = formatPublicKey(bytes);
const secretKey = formatSecretKey(bytes);

type Mistake = (folder: string) => unknown;

/** The mistake that gives the error, for every code. */
const mistakes: Readonly<Record<KeyErrorCode, Mistake>> = {
  ERR_HAWSER_KEY_ARGUMENT: () => formatPublicKey(bytes.subarray(1)),
  ERR_HAWSER_KEY_EMPTY: () => parsePublicKey(""),
  ERR_HAWSER_KEY_SECRET: () => parsePublicKey(secretKey),
  ERR_HAWSER_KEY_PUBLIC: () => parseSecretKey(publicKey),
  ERR_HAWSER_KEY_SURROUNDED: () => parsePublicKey(`${publicKey}\n`),
  ERR_HAWSER_KEY_MIXED_CASE: () => parsePublicKey(publicKey.replace("hawser", "Hawser")),
  ERR_HAWSER_KEY_PREFIX: () => parsePublicKey(publicKey.replace("hawser", "hauser")),
  ERR_HAWSER_KEY_WRONG_CASE: () => parsePublicKey(publicKey.toUpperCase()),
  ERR_HAWSER_KEY_CHARACTER: () => parsePublicKey(`${publicKey.slice(0, 20)}b${publicKey.slice(21)}`),
  ERR_HAWSER_KEY_LENGTH: () => parsePublicKey(publicKey.slice(0, -1)),
  ERR_HAWSER_KEY_CHECKSUM: () =>
    parsePublicKey(publicKey.slice(0, -1) + (publicKey.endsWith("q") ? "p" : "q")),
  ERR_HAWSER_KEY_PADDING: () => parsePublicKey(withPaddingBit(bytes)),
  ERR_HAWSER_KEY_WIPED: async () => {
    const holder = generateKeyPair(await loadPrimitives({ provider: "wasm" }));
    holder.wipe();
    holder.dh(bytes);
  },
  ERR_HAWSER_KEY_FILE_PATH: () => readSecretKeyFile(""),
  ERR_HAWSER_KEY_FILE_EXISTS: async (folder) => {
    const path = write(folder, "server.key", "");
    await writeSecretKeyFile(path, generateKeyPair(await loadPrimitives({ provider: "wasm" })));
  },
  ERR_HAWSER_KEY_FILE_MISSING: (folder) => readSecretKeyFile(join(folder, "server.key")),
  ERR_HAWSER_KEY_FILE_SYSTEM: (folder) => readSecretKeyFile(join(write(folder, "file", ""), "server.key")),
  ERR_HAWSER_KEY_FILE_KIND: (folder) => {
    mkdirSync(join(folder, "keys"));
    return readSecretKeyFile(join(folder, "keys"));
  },
  ERR_HAWSER_KEY_FILE_MODE: (folder) => readSecretKeyFile(write(folder, "server.key", secretKey, 0o644)),
  ERR_HAWSER_KEY_FILE_SIZE: (folder) => readSecretKeyFile(write(folder, "server.key", "#".repeat(100_000))),
  ERR_HAWSER_KEY_FILE_ENCODING: (folder) =>
    readSecretKeyFile(write(folder, "server.key", Uint8Array.of(0xff, 0xfe))),
  ERR_HAWSER_KEY_FILE_NO_KEY: (folder) => readSecretKeyFile(write(folder, "server.key", "")),
  ERR_HAWSER_KEY_FILE_TWO_KEYS: (folder) =>
    readSecretKeyFile(write(folder, "server.key", `${secretKey}\n${secretKey}\n`)),
  ERR_HAWSER_KEY_FILE_SYNTAX: (folder) => authorized(folder, `alice ${publicKey}`),
  ERR_HAWSER_KEY_FILE_NAME: (folder) => authorized(folder, `${publicKey} alice#laptop`),
  ERR_HAWSER_KEY_FILE_OPTION: (folder) => authorized(folder, `form="192.0.2.1" ${publicKey} alice`),
  ERR_HAWSER_KEY_FILE_DUPLICATE: (folder) => authorized(folder, `${publicKey}\n${publicKey}\n`),
  ERR_HAWSER_KEY_FILE_CHANGING: async (folder) => {
    const path = write(folder, "authorized_keys", "");
    const wait = async () => appendFileSync(path, "#\n");
    const keys = await openAuthorizedKeys(path, { wait });
    await wait();
    await keys.refresh();
  },
  ERR_HAWSER_URL_LENGTH: () => parseConnectionString(`hawser://${publicKey}@${"x".repeat(2_048)}:1`),
  ERR_HAWSER_URL_SCHEME: () => parseConnectionString("https://example.org"),
  ERR_HAWSER_URL_CHARACTER: () => parseConnectionString(`hawser://${publicKey}@example.org:7000 `),
  ERR_HAWSER_URL_ENCODING: () => parseConnectionString(`hawser://${publicKey}@example.org:7000?context=%f`),
  ERR_HAWSER_URL_FRAGMENT: () => parseConnectionString(`hawser://${publicKey}@example.org:7000#chat`),
  ERR_HAWSER_URL_USERINFO: () => parseConnectionString("hawser://@example.org:7000"),
  ERR_HAWSER_URL_HOST: () => parseConnectionString(`hawser://${publicKey}@:7000`),
  ERR_HAWSER_URL_PORT: () => parseConnectionString(`hawser://${publicKey}@example.org`),
  ERR_HAWSER_URL_PATH: () => parseConnectionString(`hawser://${publicKey}@example.org:7000/chat`),
  ERR_HAWSER_URL_PARAMETER: () => parseConnectionString(`hawser://${publicKey}@example.org:7000?timeout=5`),
  ERR_HAWSER_URL_VIA: () => parseConnectionString(`hawser://example.org:7000?via=${publicKey}`),
  ERR_HAWSER_URL_CONTEXT: () =>
    formatConnectionString({
      endpoint: { transport: "tcp", host: "example.org", port: 7_000 },
      serverKey: bytes,
      context: "a chat",
    }),
};

/** By code, an error's words: those of one mistake, as there may be several that have the code. */
export async function keyErrorWords(): Promise<Map<KeyErrorCode, string>> {
  const words = new Map<KeyErrorCode, string>();
  for (const [code, mistake] of Object.entries(mistakes) as [KeyErrorCode, Mistake][]) {
    words.set(code, await wordsOf(code, mistake));
  }
  return words;
}

async function wordsOf(code: KeyErrorCode, mistake: Mistake): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "hawser-errors-"));
  try {
    await mistake(folder);
  } catch (error) {
    if (error instanceof KeyError && error.code === code)
      return error.message.replaceAll(folder, shownFolder);
    throw new Error(`another error than ${code}`, { cause: error });
  } finally {
    rmSync(folder, { recursive: true });
  }
  throw new Error(`nothing gave ${code}`);
}

function write(folder: string, name: string, content: string | Uint8Array, mode = 0o600): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  chmodSync(path, mode);
  return path;
}

function authorized(folder: string, content: string): Promise<unknown> {
  return openAuthorizedKeys(write(folder, "authorized_keys", content));
}

/** A key's text whose checksum is right and whose last bits are not zero. */
function withPaddingBit(key: Uint8Array): string {
  const words = bech32.toWords(key);
  words.push((words.pop() ?? 0) | 1);
  return bech32.encode("hawser", words);
}
