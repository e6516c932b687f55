/** An acceptor whose key is in a file. It lets in all or whom another file lists, up to so many at a time, and chooses as it is told. */
import { runAcceptor } from "../../src/cluster/acceptor.ts";
import { openAuthorizedKeys } from "../../src/keys/index.ts";
import { readKeyFile } from "../../src/net/index.ts";

const [keyPath = "", choosing = "", authorizedKeysPath = "", most = "Infinity"] = process.argv.slice(2);
/** By the first line, where there is a digit in it. */
const chooseByLine = {
  bytes: 64,
  timeout: 2_000,
  isEnough: (head: Uint8Array) => head.includes(10),
  pick: (head: Uint8Array) => {
    const line = new TextDecoder().decode(head).split("\n")[0] ?? "";
    const digit = /\d/.exec(line)?.[0];
    if (line.startsWith("throw")) throw new Error("as it was told");
    return { note: line, ...(digit === undefined ? {} : { worker: Number(digit) }) };
  },
};

/** Once there are as many bytes as the first two say, or at once where the first is an `x`. */
const whereTold = {
  bytes: 65_536,
  timeout: 5_000,
  isEnough: (head: Uint8Array) =>
    head[0] === 120 || (head.length >= 2 && head.length >= 256 * (head[0] as number) + (head[1] as number)),
  pick: () => ({}),
};

await runAcceptor(async () => ({
  keyPair: await readKeyFile(keyPath),
  authorize: authorizedKeysPath === "" ? () => true : await openAuthorizedKeys(authorizedKeysPath),
  handshakeTimeout: 30_000,
  limits: { handshakesPerAddress: 1_024, connections: Number(most) },
  ...(choosing === "" ? {} : { choose: choosing === "bytes" ? whereTold : chooseByLine }),
}));
