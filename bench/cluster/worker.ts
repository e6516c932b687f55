/** A worker of a server in three. */
import { runWorker } from "hawser";
import { overDuplex } from "../contenders/duplex.ts";
import { givenSetting, requireProvider, serving } from "./setting.ts";

const setting = givenSetting();
const serve = serving(setting);
await requireProvider(setting.isNative);
await runWorker((socket) => serve(overDuplex(socket)));
