import {
  type ConnectionTarget,
  formatConnectionString,
  formatPublicKey,
  parsePublicKey,
} from "../keys/index.ts";
import { type ConnectTargetOptions, connect, HawserError } from "../net/index.ts";
import { AdvisedError } from "./errors.ts";
import { type KnownServers, placeOf } from "./known-servers.ts";
import { type Log, printable } from "./log.ts";
import type { Surroundings, Terminal } from "./surroundings.ts";

/**
 * The key of a server that is contacted for the first time: asked of the server, shown to the person at the terminal,
 * and kept if trusted. Nothing of the own key is shown to the server before that, and as a person may take longer than
 * any handshake, the connection that the key was asked over ends here.
 *
 * @throws HawserError ERR_HAWSER_UNTRUSTED where it is not trusted, or there is nobody to ask
 */
export async function meet(
  target: ConnectionTarget,
  options: ConnectTargetOptions,
  surroundings: Surroundings,
  known: KnownServers,
  signal: AbortSignal,
  log: Log,
): Promise<Uint8Array> {
  const { endpoint } = target;
  const publicKey = await serverKeyAt({ ...options, signal });
  const key = formatPublicKey(publicKey);
  const place = placeOf(endpoint);
  const url = formatConnectionString({ ...target, serverKey: publicKey });
  log.info({ event: "first_contact", fields: { url: place, serverKey: key } });
  const terminal = await surroundings.openTerminal();
  if (terminal === undefined) {
    throw untrusted(
      `The server at ${place} is not known yet. Its key is ${key}, and there is no terminal to ask at whether to trust ` +
        `it. Compare it with the key that the server's owner names; if it is the same, connect to ${url}`,
    );
  }
  try {
    if (!(await isTrusted(place, key, terminal, signal))) {
      throw untrusted(`The key ${key} of the server at ${place} was not trusted.`);
    }
  } finally {
    terminal.close();
  }
  await known.add(endpoint, publicKey).catch((error) => {
    throw new AdvisedError(error, `There was no connection. To connect without keeping the key: ${url}`);
  });
  log.info({
    event: "server_trusted",
    words: `The key is kept in ${known.shownPath}.`,
    fields: { url: place, serverKey: key, file: known.path },
  });
  return publicKey;
}

/** Connects as far as the server's key, which the server then has proved to be its own. */
async function serverKeyAt(options: ConnectTargetOptions): Promise<Uint8Array> {
  let publicKey: Uint8Array | undefined;
  const trust = (serverKey: Uint8Array) => {
    publicKey = new Uint8Array(serverKey);
    return false;
  };
  try {
    const socket = await connect({ ...options, trust });
    socket.destroy();
  } catch (error) {
    const isAsked = error instanceof HawserError && error.code === "ERR_HAWSER_UNTRUSTED";
    if (isAsked && publicKey !== undefined) return publicKey;
    throw error;
  }
  throw new Error("a server was trusted without being asked about");
}

async function isTrusted(
  place: string,
  key: string,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<boolean> {
  terminal.write(
    `This is the first contact with the server at ${printable(place)}\n` +
      `Its public key is ${key}\n` +
      "Compare it with the key that the server's owner names. A wrong one is an impostor's.\n",
  );
  for (;;) {
    terminal.write('Trust it from now on? Type "yes", "no", or the key that it should be: ');
    const line = await terminal.readLine(signal);
    if (line === undefined) {
      terminal.write("\n");
      return false;
    }
    const answer = line.trim();
    if (answer === "yes" || answer === key) return true;
    if (answer === "no") return false;
    if (isKey(answer)) {
      terminal.write("That is another key: the server's is not the one that you expect.\n");
      return false;
    }
  }
}

function isKey(text: string): boolean {
  try {
    parsePublicKey(text);
    return true;
  } catch {
    return false;
  }
}

function untrusted(message: string): HawserError {
  return new HawserError("ERR_HAWSER_UNTRUSTED", message);
}
