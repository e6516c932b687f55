/**
 * Two ends of the reference talking to each other. Each is a function of everything that it receives, so both are
 * run again and again, each on all that the other sent in its last run, until nothing changes any more.
 */
import { type Client, runClient, runServer, type Server } from "./endpoint.ts";
import { equal } from "./primitives.ts";
import { type Account, sentBytes } from "./talk.ts";
import type { Call, Script } from "./timeline.ts";

/** `tamper` is applied to all that the other end sent, before it arrives. Ends of file do not occur here. */
export interface Side {
  readonly calls: readonly Call[];
  readonly tamper?: (bytes: Uint8Array) => Uint8Array;
}

export function converse(
  client: Client,
  clientSide: Side,
  server: Server,
  serverSide: Side,
): { client: Account; server: Account } {
  let toClient: Uint8Array = new Uint8Array(0);
  let toServer: Uint8Array = new Uint8Array(0);
  for (;;) {
    const script = (side: Side, input: Uint8Array): Script => ({
      input: side.tamper === undefined ? input : side.tamper(input),
      end: "none",
      calls: side.calls,
    });
    const clientAccount = runClient(client, script(clientSide, toClient));
    const serverAccount = runServer(server, script(serverSide, toServer));
    const fromClient = sentBytes(clientAccount);
    const fromServer = sentBytes(serverAccount);
    if (equal(fromClient, toServer) && equal(fromServer, toClient)) {
      return { client: clientAccount, server: serverAccount };
    }
    toServer = fromClient;
    toClient = fromServer;
  }
}
