/** What the processes of a server are told, and what they have in common. */
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { type HawserServerOptions, loadPrimitives, openAgentKeys, parsePublicKey, readKeyFile } from "hawser";
import type { Connection } from "../contenders/contender.ts";
import type { Sizes, Work } from "../works/work.ts";
import { handoffs, works } from "./works.ts";

export interface Setting {
  readonly work: string;
  readonly sizes: Sizes;
  /** For files of the server's own, such as unix sockets. */
  readonly folder: string;
  readonly keyFile: string;
  /** The agent's socket, where it has the key. */
  readonly agent?: string;
  /** The client's public key, as text. */
  readonly client: string;
  readonly workers: number;
  /** Whether workers may load native code. */
  readonly isNative: boolean;
  /** What joins a terminator to its workers. */
  readonly link: "tcp" | "unix";
}

/** A process of the server's. */
export interface Part {
  readonly role: string;
  readonly pid: number;
}

/** What a server says when clients can come. */
export interface Ready {
  readonly port: number;
  readonly parts: readonly Part[];
}

export function givenSetting(): Setting {
  return JSON.parse(process.argv[2] as string);
}

/** Serves connections as the work has it. */
export function serving({ work: id, sizes }: Setting): (connection: Connection) => void {
  const { server } = works.find((work) => work.id === id) as Work;
  const side = server(sizes);
  return (connection) => side.accept(connection);
}

/** Whether who makes handshakes waits for a first byte before it passes a connection on. */
export const waitsForByte = ({ work }: Setting) => work === handoffs.id;

/** How long at most, in milliseconds. */
export const patience = 60_000;

export async function serverOptions(setting: Setting): Promise<HawserServerOptions> {
  await requireProvider(true);
  const expected = Buffer.from(parsePublicKey(setting.client));
  const [keyPair] = setting.agent ? await openAgentKeys(setting.agent) : [await readKeyFile(setting.keyFile)];
  if (keyPair === undefined) throw new Error("the agent holds no key");
  return { keyPair, authorize: (publicKey) => expected.equals(publicKey) };
}

/** @throws Error where this process computes with something else than what is to be measured */
export async function requireProvider(isNative: boolean): Promise<void> {
  const { name } = await loadPrimitives();
  const wanted = isNative ? "sodium-native" : "libsodium-wrappers";
  if (name !== wanted) throw new Error(`${wanted} was to be measured, ${name} loads`);
}

/** What a worker reads under the permission model: these programs, the library, and what that stands on. */
export function readable({ isNative }: Setting): string[] {
  const library = import.meta.resolve("hawser");
  const dependency = createRequire(library).resolve("libsodium-wrappers");
  return [
    fileURLToPath(new URL("../", import.meta.url)),
    dirname(fileURLToPath(library)),
    fileURLToPath(new URL("../package.json", library)),
    dependency.slice(0, dependency.lastIndexOf("node_modules") + "node_modules".length),
    // Where it is there, sodium-native is loaded in another build.
    ...(isNative ? ["/etc/alpine-release"] : []),
  ];
}

/** Tells who has started this process that clients can come, and ends with it. */
export function ready({ port, parts }: Ready): void {
  process.on("disconnect", () => process.exit());
  process.send?.({ port, parts } satisfies Ready);
}
