/** A token of a Noise message pattern (Noise rev 34 §7.1). */
export type Token = "e" | "s" | "ee" | "es" | "se";

/** A Noise handshake pattern, as data. Messages alternate, the initiator's first. */
export interface Pattern {
  readonly name: string;
  /** The initiator knows the responder's static key beforehand (`<- s` before `...`). */
  readonly responderKnown: boolean;
  readonly messages: readonly (readonly Token[])[];
}

/** The handshake itself (Noise rev 34 §7.5). */
export const XX: Pattern = {
  name: "XX",
  responderKnown: false,
  messages: [["e"], ["e", "ee", "s", "es"], ["s", "se"]],
};

/** The route (Noise rev 34 §7.4). */
export const N: Pattern = { name: "N", responderKnown: true, messages: [["e", "es"]] };

export function protocolName(pattern: Pattern): string {
  return `Noise_${pattern.name}_25519_ChaChaPoly_BLAKE2b`;
}
