/** The acceptor of a server in three. */
import { runAcceptor } from "hawser";
import { givenSetting, patience, serverOptions, waitsForByte } from "./setting.ts";

const setting = givenSetting();

await runAcceptor(async () => ({
  ...(await serverOptions(setting)),
  ...(waitsForByte(setting) && { choose: { bytes: 1, timeout: patience, pick: () => ({}) } }),
}));
