/** An acceptor that lets in whom a file of authorized keys lists. */
import { runAcceptor } from "../../src/cluster/acceptor.ts";
import { openAuthorizedKeys } from "../../src/keys/index.ts";
import { readKeyFile } from "../../src/net/index.ts";

const [keyPath = "", authorizedKeysPath = ""] = process.argv.slice(2);

await runAcceptor(async () => ({
  keyPair: await readKeyFile(keyPath),
  authorize: await openAuthorizedKeys(authorizedKeysPath),
  handshakeTimeout: 30_000,
}));
