// The acceptor: it has the key, lets clients in, and looks at no more than the first line of what they say.
import { parsePublicKey, readKeyFile, runAcceptor } from "hawser";

const [keyPath, client] = process.argv.slice(2);
const allowed = Buffer.from(parsePublicKey(client));

await runAcceptor(async () => ({
  keyPair: await readKeyFile(keyPath),
  authorize: (publicKey) => allowed.equals(publicKey),
  choose: {
    bytes: 4_096,
    timeout: 1_000,
    isEnough: (head) => head.includes(0x0a),
    pick: (head) => {
      const path = /^GET (\S+) HTTP/.exec(Buffer.from(head).toString("latin1"))?.[1] ?? "";
      // Files from one worker, which has them in its memory; all else from the other.
      return { worker: path.startsWith("/static/") ? 0 : 1 };
    },
  },
}));
