/** An acceptor whose key an agent holds. */
import { openAgentKeys } from "../../src/agent/index.ts";
import { runAcceptor } from "../../src/cluster/acceptor.ts";
import { UsageError } from "../../src/protocol/index.ts";

const [socketPath = ""] = process.argv.slice(2);

await runAcceptor(async () => {
  const [keyPair] = await openAgentKeys(socketPath);
  if (keyPair === undefined) throw new UsageError("an agent holds one key at least");
  return { keyPair, authorize: () => true, handshakeTimeout: 30_000 };
});
