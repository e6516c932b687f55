/** Keys as text, in files and in connection strings. `portable.ts` is the part without Node. */
export {
  AuthorizedKeys,
  type AuthorizedKeysChange,
  type AuthorizedKeysOptions,
  openAuthorizedKeys,
} from "./files/authorized-keys.ts";
export { type ReadSecretKeyOptions, readSecretKeyFile, writeSecretKeyFile } from "./files/secret-key-file.ts";
export * from "./portable.ts";
