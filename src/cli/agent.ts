import { basename, resolve } from "node:path";
import { KeyAgent, type KeyAgentOptions, parseAgentPlace } from "../agent/index.ts";
import { showPath } from "../keys/errors.ts";
import type { LocalKeyHolder } from "../keys/index.ts";
import { readKeyFile } from "../net/index.ts";
import { parseListenAddress } from "./address.ts";
import { AgentLog } from "./agent-log.ts";
import { Interruption, usageError } from "./errors.ts";
import type { Interrupts } from "./interrupts.ts";
import { listenError } from "./listen-error.ts";
import { LEVELS, type Log } from "./log.ts";
import { Notifier } from "./notify.ts";
import type { AgentCommandOptions } from "./program.ts";
import type { Surroundings } from "./surroundings.ts";
import { given, numberOf } from "./tunnel-options.ts";

export interface AgentContext {
  readonly surroundings: Surroundings;
  readonly interrupts: Interrupts;
  readonly log: Log;
}

/** The keys of files, with what the log calls them. */
interface NamedKeys {
  readonly keys: readonly LocalKeyHolder[];
  readonly names: ReadonlyMap<string, string>;
}

/**
 * `hawser agent`: holds the keys of files until a signal ends it. SIGHUP reads the files anew; where one is bad, what was
 * before holds.
 */
export async function agent(options: AgentCommandOptions, context: AgentContext): Promise<void> {
  const { surroundings, interrupts, log } = context;
  const settings = settingsOf(options);
  log.level = settings.level;
  const notifier = new Notifier(surroundings.env, log);
  let held = await readKeys(settings.files);
  const words = new AgentLog(log, () => held.names);
  try {
    const keyAgent = new KeyAgent({ ...settings.options, keys: held.keys, observe: words.observe });
    interrupts.signal.throwIfAborted();
    await keyAgent.listen(settings.path).catch(async (error: NodeJS.ErrnoException) => {
      throw error.syscall === undefined ? error : await listenError({ path: settings.path }, error);
    });
    announce(keyAgent, settings.path, log);
    const reload = async () => {
      void notifier.reloading();
      try {
        const next = await readKeys(settings.files);
        keyAgent.take(next.keys);
        for (const key of held.keys) key.wipe();
        held = next;
        log.info({ event: "reloaded", words: `Reloaded: ${keyAgent.publicKeys.join(", ")}.` });
      } catch (error) {
        const { code = "ERR_HAWSER_INTERNAL", message } = error as NodeJS.ErrnoException;
        log.error({ event: "reload_failed", words: `What was before holds: ${message}`, code });
      }
      void notifier.ready(`Holding ${held.keys.length} keys`);
    };
    let reloading = Promise.resolve();
    const onHangup = () => {
      reloading = reloading.then(reload);
    };
    interrupts.release("SIGHUP");
    surroundings.signals.on("SIGHUP", onHangup);
    void notifier.ready(`Holding ${held.keys.length} keys`);
    try {
      await aborted(interrupts.signal);
    } finally {
      surroundings.signals.off("SIGHUP", onHangup);
      await reloading;
      await keyAgent.close();
    }
    if (interrupts.signal.reason instanceof Interruption && interrupts.signal.reason.signal === "SIGINT")
      throw interrupts.signal.reason;
  } finally {
    words.close();
    for (const key of held.keys) key.wipe();
  }
}

function announce(keyAgent: KeyAgent, path: string, log: Log): void {
  const { publicKeys } = keyAgent;
  log.info({
    event: "listening",
    words: `The key agent is at ${showPath(path)}, and holds ${publicKeys.join(", ")}.`,
    fields: { path, publicKeys: publicKeys.join(" ") },
  });
  if (keyAgent.knowsWhoAsks) return;
  log.warn({
    event: "askers_unknown",
    words:
      "This system does not tell who connects, or the optional package that asks it is not installed: the socket's mode " +
      "alone keeps other users out, and the log can't name who asks.",
  });
}

/** The key pairs of files, all or none. @throws KeyError, CommandError ERR_HAWSER_USAGE for a key that is there twice */
async function readKeys(files: readonly string[]): Promise<NamedKeys> {
  const keys: LocalKeyHolder[] = [];
  const names = new Map<string, string>();
  try {
    for (const file of files) {
      const key = await readKeyFile(file);
      keys.push(key);
      if (names.has(key.publicKeyText)) {
        throw usageError(`${showPath(file)} holds the same key as another file: name it once.`);
      }
      names.set(key.publicKeyText, basename(file));
    }
    return { keys, names };
  } catch (error) {
    for (const key of keys) key.wipe();
    throw error;
  }
}

function settingsOf(options: AgentCommandOptions) {
  const { key: files = [], socket, logLevel = "info" } = options;
  if (files.length === 0) {
    throw usageError("--key FILE is missing: a key pair to hold. To make one: hawser keygen -o my.key");
  }
  if (files.length > 16) throw usageError("--key may be given up to 16 times, the newest key first.");
  if (files.some((file) => file === "-" || parseAgentPlace(file) !== undefined)) {
    throw usageError("--key takes the file of a key pair here: an agent holds its keys itself.");
  }
  return {
    files,
    path: socketPath(socket),
    level: LEVELS.find((level) => level === logLevel) ?? "info",
    options: given<Omit<KeyAgentOptions, "keys">>({
      allowUids: options.allowUid?.map(uidOf),
      rate: numberOf("--max-rate", options.maxRate, 1),
      maxConnections: numberOf("--max-connections", options.maxConnections, 1),
    }),
  };
}

function socketPath(text: string | undefined): string {
  const address = text === undefined ? undefined : parseListenAddress(text);
  if (address !== undefined && "path" in address) return resolve(address.path);
  throw usageError(
    "--socket is missing, or no unix:PATH: where programs ask, as in unix:/run/hawser/agent.sock.",
  );
}

function uidOf(text: string): number {
  // 2^32 − 1 stands for nobody (chown(2)).
  if (/^\d{1,10}$/.test(text) && Number(text) < 0xffff_ffff) return Number(text);
  throw usageError("--allow-uid takes numbers of users, as id -u prints them.");
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted) done();
    else signal.addEventListener("abort", () => done(), { once: true });
  });
}
