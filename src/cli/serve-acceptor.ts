/**
 * The acceptor of `hawser serve --workers`, a program that the command starts: it has the keys and the port, lets clients in
 * and passes them on. What it is to do is its one argument, {@link ServeSettings} as JSON.
 */
import { runAcceptor } from "../cluster/index.ts";
import { Gate } from "../tunnel/gate.ts";
import type { GateMessage, HubMessage } from "../tunnel/gate-messages.ts";
import { KeyFiles } from "./reload.ts";
import { readCredentials, type ServeSettings } from "./serve-settings.ts";
import { failedStart } from "./start-failure.ts";

const settings: ServeSettings = JSON.parse(process.argv[2] ?? "");
const { tunnel, keyPaths, handshakeTimeout } = settings;
let isTold = false;

// A terminal, or a service manager, may send these to every process; what they ask for the command sees to.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => undefined);

try {
  await runAcceptor(async (admin) => {
    const tell = (message: GateMessage) => admin.tell(message);
    try {
      const { keyPairs, authorized } = await readCredentials(
        new KeyFiles(keyPaths, handshakeTimeout),
        settings,
      );
      const gate = new Gate({ idleTimeout: 0, ...tunnel, keyPairs, authorized }, tell);
      return {
        ...gate.serverOptions,
        authorized: gate.authorized,
        openElsewhere: () => gate.openElsewhere,
        choose: {
          pick: (_, socket) => {
            const { to, watcher } = gate.welcome(socket);
            return { note: JSON.stringify(to), watcher };
          },
        },
        onHandshakeError: (error, info) => gate.refused(error, info),
        onMessage: (message) => gate.take(message as HubMessage),
      };
    } catch (error) {
      isTold = true;
      tell({ type: "failed", error: failedStart(error) });
      throw error;
    }
  });
} catch (error) {
  if (!isTold) console.error(error);
  process.exit(1);
}
