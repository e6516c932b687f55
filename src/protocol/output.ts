import type { Failure } from "./failure.ts";
import type { KeyHolder } from "./key-holder.ts";

/** What a channel wants done, or tells. The order in which outputs come is the order in which they count. */
export type Output =
  /** Hand these bytes to the transport; say so by `flushed()` once nothing is left waiting. */
  | { readonly type: "transmit"; readonly bytes: Uint8Array }
  /** Ask the key holder for its DH with this key, and answer by `dhDone` or `dhFailed`. */
  | { readonly type: "dh"; readonly keyHolder: KeyHolder; readonly publicKey: Uint8Array }
  /** A middlebox: look for the server with this key; then `forward()` or `refuse()`. */
  | { readonly type: "route"; readonly serverKey: Uint8Array }
  /** A middlebox: bytes from the client for the server, the Hello first. */
  | { readonly type: "forward"; readonly bytes: Uint8Array }
  /** The peer's key. On first use the client decides by `trust()` or `reject()`; a server by `accept()` or `refuse()`. */
  | { readonly type: "peerKey"; readonly publicKey: Uint8Array; readonly context: string | undefined }
  /** The handshake is over and data may pass. */
  | { readonly type: "open" }
  | { readonly type: "data"; readonly bytes: Uint8Array }
  /** The authenticated end of the peer's data. */
  | { readonly type: "end" }
  /** The answer to a Ping, with its 8 bytes. */
  | { readonly type: "pong"; readonly bytes: Uint8Array }
  /** The peer's Alert. The message is as received: escape it where it is shown. */
  | { readonly type: "alert"; readonly code: number; readonly message: string }
  /** Over, cleanly: both sides have said that they are done. */
  | { readonly type: "closed" }
  /** Over, with the reason. */
  | { readonly type: "failed"; readonly failure: Failure }
  /** Half-close the transport once all is handed over, and go on reading (AL-017, RC-031, RC-036). */
  | { readonly type: "endTransport" }
  /** Close the transport. */
  | { readonly type: "closeTransport" };
