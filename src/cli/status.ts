import { connect } from "node:net";
import { CommandError } from "./errors.ts";
import { printable } from "./log.ts";
import { print } from "./output.ts";
import type { CommonOptions } from "./program.ts";
import type { StatusPage } from "./status-page.ts";
import type { Surroundings } from "./surroundings.ts";

/** Bytes; a connection takes some 200. */
const longestPage = 64 * 1_048_576;
/** Milliseconds. */
const patience = 5_000;

/** `hawser status`. */
export async function status(
  path: string,
  { json = false }: CommonOptions,
  surroundings: Surroundings,
): Promise<void> {
  const text = await ask(path.startsWith("unix:") ? path.slice("unix:".length) : path);
  let page: StatusPage;
  try {
    page = JSON.parse(text) as StatusPage;
    await print(
      surroundings,
      json ? `${JSON.stringify(page, undefined, 2)}\n` : `${printable(inWords(page))}\n`,
    );
  } catch (cause) {
    if (cause instanceof CommandError) throw cause;
    const words =
      text === "" ? "it ended before it was up" : "what listens there is no hawser serve or forward";
    throw statusError(words, cause);
  }
}

/** All that the socket says. */
function ask(path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const socket = connect({ path });
    socket.setTimeout(patience, () => socket.destroy(new Error("it does not answer")));
    socket.on("data", (chunk) => {
      length += chunk.length;
      if (length > longestPage) socket.destroy(new Error("it says too much"));
      else chunks.push(chunk);
    });
    socket.on("end", () => resolve(Buffer.concat(chunks).toString("utf8")));
    socket.on("error", (cause: NodeJS.ErrnoException) => {
      reject(statusError(systemWords[cause.code ?? ""] ?? cause.message, cause));
    });
  });
}

const systemWords: Readonly<Record<string, string>> = {
  ENOENT: "there is no such socket (ENOENT); it is what --status of hawser serve or forward names",
  ECONNREFUSED: "nothing listens there any more (ECONNREFUSED)",
  EACCES: "it belongs to another user (EACCES)",
};

function statusError(words: string, cause: unknown): CommandError {
  return new CommandError("ERR_HAWSER_STATUS", `The status can't be asked for: ${words}.`, { cause });
}

function inWords(page: StatusPage): string {
  const { role, version, pid, state, uptime, started, lastReload, connections } = page;
  const reload =
    lastReload === undefined
      ? "none"
      : `${lastReload.at}, ${lastReload.failure === undefined ? "good" : `failed: ${lastReload.failure.words} (${lastReload.failure.code})`}`;
  const rows: (readonly [string, string])[] = [
    ["hawser", `${role}, version ${version}, process ${pid}, ${state}`],
    ["up", `${duration(uptime)}, since ${started}`],
    ["at", page.url ?? page.address ?? ""],
    ["last reload", reload],
    ["connections", `${connections.length} open, ${page.connectionsTotal} in all`],
    ["bytes", `${page.bytesIn} in, ${page.bytesOut} out`],
    ["handshakes", counts(page.handshakes)],
    ["failures", counts(page.failures)],
    ["limits reached", counts(page.limitsReached)],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  const lines = rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`);
  const open = connections.map(
    ({ connection, key, address, backend, age, bytesIn, bytesOut }) =>
      `  #${connection} ${key}${address === undefined ? "" : ` (${address})`} to ${backend}, ${duration(age)}, ` +
      `${bytesIn} bytes in, ${bytesOut} out`,
  );
  return [...lines, ...open].join("\n");
}

function counts(of: Readonly<Record<string, number>>): string {
  const entries = Object.entries(of).map(([name, count]) => `${name} ${count}`);
  return entries.length === 0 ? "none" : entries.join(", ");
}

function duration(seconds: number): string {
  const [days, hours, minutes] = [
    Math.floor(seconds / 86_400),
    Math.floor(seconds / 3_600) % 24,
    Math.floor(seconds / 60) % 60,
  ];
  if (days > 0) return `${days} d ${hours} h`;
  if (hours > 0) return `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min ${seconds % 60} s` : `${seconds} s`;
}
