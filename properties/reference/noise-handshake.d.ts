/** The part of noise-handshake 4.2 that the reference is held against; the package has no types of its own. */
declare module "noise-handshake" {
  interface KeyPair {
    publicKey: Uint8Array;
    secretKey: Uint8Array;
  }

  class NoiseState {
    constructor(pattern: "XX" | "XK", initiator: boolean, staticKeyPair: KeyPair);
    /** The ephemeral key pair; one that is there already is used by the first `e` that is sent. */
    e: KeyPair | null;
    rs: Uint8Array | null;
    /** The protocol's name, hashed by `initialise`. */
    protocol: Uint8Array;
    /** h and ck while the handshake is under way. */
    digest: Uint8Array;
    chainingKey: Uint8Array;
    key: Uint8Array;
    nonce: number;
    /** After the last message: h, and the keys to receive and send with. */
    hash: Uint8Array;
    rx: Uint8Array;
    tx: Uint8Array;
    initialise(prologue: Uint8Array, remoteStatic?: Uint8Array): void;
    send(payload: Uint8Array): Uint8Array;
    recv(message: Uint8Array): Uint8Array;
  }

  export = NoiseState;
}
