import { readOwnKeys } from "./keys.ts";
import { print } from "./output.ts";
import type { Surroundings } from "./surroundings.ts";

/** `hawser pubkey`: the public key, and nothing else, so that it can be put into another command; an agent's, a line each. */
export async function pubkey(place: string, surroundings: Surroundings): Promise<void> {
  const keyPairs = await readOwnKeys(place, { stdin: surroundings.stdin });
  for (const keyPair of keyPairs) keyPair.wipe();
  await print(surroundings, keyPairs.map(({ publicKeyText }) => `${publicKeyText}\n`).join(""));
}
