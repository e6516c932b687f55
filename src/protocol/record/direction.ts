import { rekeyInterval } from "../limits.ts";
import type { CipherState } from "../noise/cipher-state.ts";

/** Rekeys before the nonces at which a direction must: the positive multiples of 2¹⁶ (RC-005). Called once before each record. */
export function rekeyIfDue(cipher: CipherState): void {
  if (cipher.isAtMultiple(rekeyInterval)) cipher.rekey();
}

/** Whether no nonce is left for another record. */
export function isExhausted(cipher: CipherState): boolean {
  return cipher.noncesLeft === 0;
}
