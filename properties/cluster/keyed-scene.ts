import { writeFileSync } from "node:fs";
import { join as joinPath } from "node:path";
import { formatPublicKey } from "../../src/keys/index.ts";
import { generateKeyPair, type HawserSocket } from "../../src/net/index.ts";
import { clientPair, openFolder, type Scene, type SceneOptions, scene } from "./scene.ts";

/** Whose key stays authorized. */
export const other = await generateKeyPair();
const lineOf = ({ publicKey }: { readonly publicKey: Uint8Array }) => `${formatPublicKey(publicKey)}\n`;

/** A cluster that lets in two keys, until the first of them is taken out. */
export async function keyed(options: SceneOptions = {}): Promise<Scene & { remove(): void }> {
  const authorizedKeys = joinPath(openFolder(), "clients");
  writeFileSync(authorizedKeys, lineOf(clientPair) + lineOf(other), { mode: 0o600 });
  const all = await scene({ ...options, authorizedKeys });
  return { ...all, remove: () => writeFileSync(authorizedKeys, lineOf(other)) };
}

/** What a connection ends with. */
export async function failureOf(client: HawserSocket): Promise<string> {
  if (!client.closed) await new Promise<void>((resolve) => client.once("close", () => resolve()));
  return client.failure?.message ?? "none";
}
