import { maxNonce, rekeyInterval } from "../limits.ts";
import type { CipherState } from "../noise/cipher-state.ts";

/** Rekeys before the nonces at which a direction must: the positive multiples of 2¹⁶ (RC-005). Called once before each record. */
export function rekeyIfDue(cipher: CipherState): void {
  if (cipher.nonce !== 0n && cipher.nonce % rekeyInterval === 0n) cipher.rekey();
}

/** Whether no nonce is left for another record. */
export function isExhausted(cipher: CipherState): boolean {
  return cipher.nonce >= maxNonce;
}
