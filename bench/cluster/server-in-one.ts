/** The server in one process, with key, port and connections. */
import { createServer } from "hawser";
import { listenOn, overDuplex } from "../contenders/duplex.ts";
import { givenSetting, ready, serverOptions, serving } from "./setting.ts";

const setting = givenSetting();
const serve = serving(setting);
const server = createServer(await serverOptions(setting), (socket) => serve(overDuplex(socket)));
const { port } = await listenOn(server as unknown as Parameters<typeof listenOn>[0]);
ready({ port, parts: [{ role: "server", pid: process.pid }] });
