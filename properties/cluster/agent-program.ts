/** A key agent that holds one key. */
import { KeyAgent } from "../../src/agent/index.ts";
import { readKeyFile } from "../../src/net/index.ts";

const [keyPath = "", socketPath = ""] = process.argv.slice(2);
const agent = new KeyAgent({
  keys: [await readKeyFile(keyPath)],
  credentials: null,
});
await agent.listen(socketPath);
console.log("ready");
