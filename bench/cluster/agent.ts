/** The agent that has a server's key. */
import { KeyAgent, readKeyFile } from "hawser";
import { givenSetting, ready } from "./setting.ts";

const { keyFile, agent } = givenSetting();
await new KeyAgent({ keys: [await readKeyFile(keyFile)] }).listen(agent as string);
ready({ port: 0, parts: [{ role: "agent", pid: process.pid }] });
