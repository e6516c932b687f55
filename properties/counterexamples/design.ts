/**
 * A channel as its application and its transport see it: as little as the claims of `claims.ts` need to be put to any
 * design, Hawser and the counterexamples alike.
 */
export interface End {
  /** Takes what is to be transmitted. */
  take(): Uint8Array;
  receive(bytes: Uint8Array): void;
  transportEnded(): void;
  write(text: Uint8Array): void;
  /** Nothing more is written. A design that has no word for it says nothing. */
  close(): void;
  /** It takes its peer for the one that it wants, or for one that has proved who it is. */
  readonly believes: boolean;
  readonly delivered: Uint8Array;
  /** It tells its application that the peer's data are complete. */
  readonly ended: boolean;
  readonly failed: boolean;
}

/** A field of a message: what it is called, and its length in bytes. */
export type Field = readonly [name: string, length: number];

export interface Design {
  readonly name: string;
  /** A client that wants the server `sam`. */
  client(): End;
  /** A server that lets everybody in. */
  server(owner: "sam" | "tom"): End;
  /** The fields of the handshake's messages that an end awaits, in order. */
  readonly awaits: Readonly<Record<"client" | "server", readonly (readonly Field[])[]>>;
  /** What an attacker knows beforehand, by name; its own keys come first. */
  readonly known: readonly (readonly [name: string, bytes: Uint8Array])[];
}

/** Carries bytes to and fro until both are silent. */
export function converse(client: End, server: End): void {
  for (let moved = true; moved; ) {
    const toServer = client.take();
    if (toServer.length > 0) server.receive(toServer);
    const toClient = server.take();
    if (toClient.length > 0) client.receive(toClient);
    moved = toServer.length + toClient.length > 0;
  }
}
