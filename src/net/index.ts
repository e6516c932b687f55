/** Hawser over sockets and other streams of Node's, in the shape of `node:net`. */
export { type AcceptOptions, accept, type ServeOptions } from "./accept.ts";
export type { ServerLimits } from "./admission.ts";
export type { Authorization, Authorize, Authorizer, ClientInfo } from "./authorize.ts";
export { type ConnectOptions, type ConnectTargetOptions, connect, createConnection } from "./connect.ts";
export { DIAGNOSTIC_CHANNELS, type DiagnosticMessages } from "./diagnostics.ts";
export type { DialOptions } from "./dial.ts";
export {
  AlertError,
  HawserError,
  type HawserErrorCode,
  type HawserErrorOptions,
  SOCKET_ERRORS,
} from "./errors.ts";
export { type AttachOptions, attach, type Detached, detach, importOptions } from "./handoff.ts";
export type { Handle } from "./handoff-handle.ts";
export { generateKeyPair, readKeyFile } from "./key-pairs.ts";
export type { HawserSocketEvents } from "./net-surface.ts";
export type { ConnectionOptions, PublicKey, SocketOptions } from "./options.ts";
export {
  createServer,
  type HandshakeInfo,
  HawserServer,
  type HawserServerEvents,
  type HawserServerOptions,
} from "./server.ts";
export { HawserSocket } from "./socket.ts";
