/** A terminator's worker: it is given bytes in the clear, over a socket to the terminator for each connection. */
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { overDuplex } from "../contenders/duplex.ts";
import { givenSetting, serving } from "./setting.ts";

const setting = givenSetting();
const serve = serving(setting);
const server = createServer({ noDelay: true }, (socket) => serve(overDuplex(socket)));
const path = join(setting.folder, `worker-${process.argv[3]}`);
const backlog = 4_096;
server.listen(setting.link === "unix" ? { path, backlog } : { port: 0, host: "127.0.0.1", backlog });
await once(server, "listening");
process.on("disconnect", () => process.exit());
process.send?.(
  setting.link === "unix" ? { path } : { port: (server.address() as AddressInfo).port, host: "127.0.0.1" },
);
