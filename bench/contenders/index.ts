import type { Contender } from "./contender.ts";

/** Each is loaded by itself: what one brings into a process must not weigh on another's. */
const loaders: Record<string, () => Promise<Contender>> = {
  tcp: async () => (await import("./tcp.ts")).tcp,
  hawser: async () => (await import("./hawser.ts")).hawserNative,
  "hawser-wasm": async () => (await import("./hawser.ts")).hawserWasm,
  "tls-chacha20": async () => (await import("./tls.ts")).tlsChaCha20,
  "tls-aes": async () => (await import("./tls.ts")).tlsAes,
  "secret-stream": async () => (await import("./secret-stream.ts")).secretStream,
  "libp2p-noise": async () => (await import("./libp2p-noise.ts")).libp2pNoise,
};

/** All there are, in the order of the tables. */
export const contenderIds: readonly string[] = Object.keys(loaders);

/** The one that everything is compared with. */
export const ownId = "hawser";

/** What is under all of them. */
export const baseId = "tcp";

export async function loadContender(id: string): Promise<Contender> {
  const load = loaders[id];
  if (load === undefined) throw new Error(`there is no contender ${id}`);
  return load();
}
