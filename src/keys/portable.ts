/** What of this layer needs nothing of Node: it runs in a browser as it is. */
export {
  type AuthorizedKey,
  type ParseAuthorizedKeysOptions,
  parseAuthorizedKeys,
} from "./authorized-lines.ts";
export type { KeyOptionName, KeyOptions } from "./authorized-options.ts";
export { CONTEXT_MAX_BYTES } from "./context.ts";
export { KEY_ERRORS, KeyError, type KeyErrorCode, type KeyErrorPlace } from "./errors.ts";
export { generateKeyPair, LocalKeyHolder, localKeyHolder } from "./key-pair.ts";
export { formatSecretKeyFile, parseSecretKeyFile } from "./secret-key-lines.ts";
export { formatServiceAddress, parseServiceAddress, type ServiceAddress } from "./service-address.ts";
export {
  formatPublicKey,
  formatSecretKey,
  KEY_BYTES,
  mentionsSecretKey,
  PUBLIC_KEY_TEXT_LENGTH,
  parsePublicKey,
  parseSecretKey,
  SECRET_KEY_TEXT_LENGTH,
} from "./text.ts";
export {
  type ConnectionTarget,
  canonicalTarget,
  type Endpoint,
  formatConnectionString,
  parseConnectionString,
  UNIX_PATH_MAX_BYTES,
  URL_MAX_LENGTH,
} from "./url.ts";
