import {
  connect,
  createServer,
  formatSecretKey,
  generateKeyPair,
  loadPrimitives,
  localKeyHolder,
  parsePublicKey,
  parseSecretKey,
} from "hawser";
import type { Contender } from "./contender.ts";
import { listenOn, overDuplex } from "./duplex.ts";

/** Hawser as it comes, over the provider of primitives that loads in the process. */
function hawser(id: string, provider: string, nodeFlags: readonly string[]): Contender {
  const keyPair = async (text: string) => {
    const primitives = await loadPrimitives();
    if (primitives.name !== provider)
      throw new Error(`${provider} was to be measured, ${primitives.name} loads`);
    return localKeyHolder(primitives, parseSecretKey(text));
  };
  return {
    id,
    name: `Hawser (${provider})`,
    nodeFlags,
    async credentials() {
      const [server, client] = await Promise.all([generateKeyPair(), generateKeyPair()]);
      return {
        server: { key: formatSecretKey(server.exportSecretKey()), peer: client.publicKeyText },
        client: { key: formatSecretKey(client.exportSecretKey()), peer: server.publicKeyText },
      };
    },
    async listen({ key = "", peer = "" }, welcome) {
      const expected = Buffer.from(parsePublicKey(peer));
      const server = createServer(
        { keyPair: await keyPair(key), authorize: (publicKey) => expected.equals(publicKey) },
        (socket) => welcome(overDuplex(socket)),
      );
      return listenOn(server as unknown as Parameters<typeof listenOn>[0]);
    },
    async client({ key = "", peer = "" }, address) {
      const options = { ...address, keyPair: await keyPair(key), serverKey: parsePublicKey(peer) };
      return async () => overDuplex(await connect(options));
    },
  };
}

export const hawserNative = hawser("hawser", "sodium-native", []);

/** What runs where the optional dependency is missing. A Node that loads no addons does not load it either. */
export const hawserWasm = hawser("hawser-wasm", "libsodium-wrappers", ["--no-addons"]);
