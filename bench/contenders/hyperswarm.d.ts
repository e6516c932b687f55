/** What of it is used; it ships no types. */
declare module "@hyperswarm/secret-stream" {
  import type { Socket } from "node:net";

  interface KeyPair {
    readonly publicKey: Uint8Array;
    readonly secretKey: Uint8Array;
  }

  /** A streamx Duplex. */
  // biome-ignore lint/style/noDefaultExport: it is what the package exports
  export default class SecretStream {
    constructor(isInitiator: boolean, rawStream: Socket, options: { keyPair: KeyPair });
    static keyPair(): KeyPair;
    readonly remotePublicKey: Uint8Array;
    on(event: string, listener: (...args: never[]) => void): this;
    once(event: string, listener: (...args: never[]) => void): this;
    write(bytes: Uint8Array): boolean;
    end(): this;
    destroy(error?: Error): void;
  }
}
