/** How a Hello is sent, odd or not, and what a server may make of it. */
import { ascii, concat, u16 } from "../../protocol/bytes.ts";
import type { Expected } from "../case.ts";
import type { HelloBends } from "../peer/client-end.ts";
import type { Link } from "../run/link.ts";
import { echoed, handshakePlaces } from "./places.ts";

/** Where a server is that awaits it. */
export const place = handshakePlaces.awaitHello;
/** A header, whatever it says. */
export const headerOf = (version: number, suite: number, flags: number) =>
  concat(ascii("HWSR"), Uint8Array.of(version, suite), u16(flags));

/** The server answers with its header, and is done. */
export const hinted: Expected = {
  prints: ["failed:unsupported_header"],
  says: ["hint:4857535201010000"],
  closing: "drains",
};

/** Goes through with a Hello that is odd, and all right. */
export const conversing =
  (bends: (link: Link) => HelloBends, answers = "server") =>
  async (link: Link): Promise<void> => {
    const { client } = link;
    client.answers = link.pair(answers).public;
    link.send(client.hello(bends(link)), "a Hello");
    await client.hear("challenge");
    link.send(client.response(), "a Response");
    await client.hear("accept");
    await link.printed("open");
    await echoed(link, "to and fro");
    link.send(client.close(), "a Close");
  };

/** The server answers with this code, and is done. */
export const refused = (code: number): Expected => ({
  prints: ["failed:hello_refused"],
  says: [`refusal:${code}`],
  closing: "drains",
});

/** Sends a Hello and nothing behind it; `answers` names the key that is to answer. */
export const sendHello =
  (bends: (link: Link) => HelloBends, answers?: string) =>
  (link: Link): void => {
    if (answers !== undefined) link.client.answers = link.pair(answers).public;
    link.send(link.client.hello(bends(link)), "a Hello");
  };

/** A key that is none of the server's. */
export const stranger = (link: Link) => link.pair("somebody else").public;
/** A route that opens with no key. */
export const garbled = () => ({ route: new Uint8Array(48).fill(0x77) });
