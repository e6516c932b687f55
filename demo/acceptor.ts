/** The server's acceptor: it has the port and the key, makes the handshakes, and passes on who is let in. */
import { runAcceptor } from "hawser";
import { type DoorFiles, serverOptions, turnedAway } from "./doorkeeper.ts";
import { readConduct } from "./hold.ts";

const files: DoorFiles = JSON.parse(process.argv[2] as string);

await runAcceptor(async () => ({
  ...(await serverOptions(files)),
  choose: { pick: () => ({ note: JSON.stringify(readConduct(files.conductFile)) }) },
  onHandshakeError: (error, info) => turnedAway(files, error, info),
}));
