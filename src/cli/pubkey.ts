import { readKeyFile } from "../net/index.ts";
import { print } from "./output.ts";
import type { Surroundings } from "./surroundings.ts";

/** `hawser pubkey`: the public key, and nothing else, so that it can be put into another command. */
export async function pubkey(path: string, surroundings: Surroundings): Promise<void> {
  const keyPair = await readKeyFile(path, { stdin: surroundings.stdin });
  keyPair.wipe();
  await print(surroundings, `${keyPair.publicKeyText}\n`);
}
