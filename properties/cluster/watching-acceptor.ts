/** An acceptor that tells its admin all that it is told of connections, and sends back what the admin says. */
import { runAcceptor } from "../../src/cluster/acceptor.ts";
import { AlertError, readKeyFile } from "../../src/net/index.ts";

let isWatched = true;
const [keyPath = "", most = "Infinity"] = process.argv.slice(2);

await runAcceptor(async (admin) => ({
  keyPair: await readKeyFile(keyPath),
  authorize: () => true,
  handshakeTimeout: 30_000,
  limits: { connections: Number(most) },
  onMessage: (message) => {
    if (message === "unwatched") isWatched = false;
    admin.tell({ back: message });
  },
  choose: {
    bytes: 1,
    pick: (head) => {
      if (head[0] === 33) throw new AlertError("cancelled", "as it was told");
      const reported = (numbers: readonly number[], isLast: boolean) => {
        admin.tell({ numbers, isLast });
        return !numbers.includes(666);
      };
      return isWatched ? { watcher: { reported, over: (how) => admin.tell({ over: how }) } } : {};
    },
  },
}));
