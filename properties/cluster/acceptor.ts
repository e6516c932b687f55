/** An acceptor whose key is in a file, and which chooses by the first byte where that is a digit. */
import { runAcceptor } from "../../src/cluster/acceptor.ts";
import { readKeyFile } from "../../src/net/index.ts";

const [keyPath = "", choosing = ""] = process.argv.slice(2);
const chooseByLine = {
  bytes: 64,
  timeout: 300,
  isEnough: (head: Uint8Array) => head.includes(10),
  pick: (head: Uint8Array) => {
    const line = new TextDecoder().decode(head).split("\n")[0] ?? "";
    const digit = /\d/.exec(line)?.[0];
    if (line.startsWith("throw")) throw new Error("as it was told");
    return { note: line, ...(digit === undefined ? {} : { worker: Number(digit) }) };
  },
};

await runAcceptor(async () => ({
  keyPair: await readKeyFile(keyPath),
  authorize: () => true,
  handshakeTimeout: 30_000,
  limits: { handshakesPerAddress: 1_024 },
  ...(choosing === "" ? {} : { choose: chooseByLine }),
}));
