/** The characters of Bech32's data part, in the order of their values (BIP-173). */
export const BECH32_ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
