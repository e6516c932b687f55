import { readFileSync } from "node:fs";
import { BECH32_ALPHABET } from "../keys/alphabet.ts";
import { KeyError } from "../keys/errors.ts";
import { mentionsSecretKey } from "../keys/text.ts";
import { CommandError, outputError, usageError } from "./errors.ts";
import { Interrupts } from "./interrupts.ts";
import { hasColors, Log } from "./log.ts";
import { type Actions, type Command, CommanderError, defineProgram, mistakeOf } from "./program.ts";
import type { Ending, Surroundings } from "./surroundings.ts";

/**
 * Runs the command. Whatever happens is said on standard error and in the exit code; nothing is thrown. Each command's
 * code is loaded when it is called, so that none waits for what another needs.
 */
export async function run(surroundings: Surroundings): Promise<Ending> {
  const { argv, stdout, stderr } = surroundings;
  const log = new Log(surroundings, { json: wantsJson(argv) });
  const interrupts = new Interrupts(surroundings.signals);
  let outputFault: Error | undefined;
  stdout.on("error", (error: Error) => {
    outputFault ??= error;
  });
  stderr.on("error", () => undefined); // There is nobody left to tell.
  try {
    refuseSecrets(argv);
    requireNode(surroundings.nodeVersion);
    const program = defineProgram(ownVersion(), actions(surroundings, interrupts, log));
    inSurroundings(program, surroundings);
    await program.parseAsync(argv, { from: "user" });
    if (outputFault !== undefined) throw outputError(outputFault);
    return { exitCode: 0 };
  } catch (error) {
    if (!(error instanceof CommanderError)) return await failed(error, log);
    if (error.exitCode === 0) return { exitCode: 0 };
    // Without any command there is nothing wrong that the help, which was printed, would not say.
    if (error.code === "commander.help" && argv[1] === undefined) return { exitCode: 2 };
    return await failed(mistake(error, argv), log);
  } finally {
    interrupts.release(); // A second signal, while the other end is being told of the first, kills at once.
  }
}

function actions(surroundings: Surroundings, interrupts: Interrupts, log: Log): Actions {
  const { signal } = interrupts;
  return {
    keygen: async (options) => (await import("./keygen.ts")).keygen(options, surroundings, log),
    pubkey: async (path) => (await import("./pubkey.ts")).pubkey(path, surroundings),
    listen: async (address, options) =>
      (await import("./listen.ts")).listen(address, options, surroundings, signal, log),
    connect: async (url, options) =>
      (await import("./connect.ts")).connectCommand(url, options, surroundings, signal, log),
    serve: async (address, options) =>
      (await import("./serve.ts")).serve(address, options, {
        ...{ role: "serve", version: ownVersion(), surroundings, interrupts, log },
      }),
    forward: async (url, options) =>
      (await import("./forward.ts")).forward(url, options, {
        ...{ role: "forward", version: ownVersion(), surroundings, interrupts, log },
      }),
    agent: async (options) => (await import("./agent.ts")).agent(options, { surroundings, interrupts, log }),
    status: async (path, options) => (await import("./status.ts")).status(path, options, surroundings),
    conformance: async (options) =>
      (await import("./conformance.ts")).conformance(options, surroundings, signal),
    completion: async (shell, program) =>
      (await import("./completion.ts")).completion(shell, program, surroundings),
  };
}

/** Says it, and gives the exit code. What is rarely needed is loaded when it is. */
async function failed(error: unknown, log: Log): Promise<Ending> {
  const { report } = await import("./report.ts");
  return report(error, log);
}

/** Before anything else looks at the words, as whatever refuses one may show it. (KT-013) */
function refuseSecrets(argv: readonly string[]): void {
  const isSecret = (word: string) => mentionsSecretKey(word) || SECRET_RUN.test(word);
  if (!argv.some(isSecret)) return;
  throw new KeyError(
    "ERR_HAWSER_KEY_SECRET",
    "there is a secret key on the command line. It is not shown here, but others on this machine may have seen it, and " +
      "the shell may keep it: make a new key pair, and name its file instead",
  );
}

/** npm only warns of an older one, in which things fail here and there for want of what is missing. */
function requireNode(version: string): void {
  if (Number(version.split(".")[0]) >= OLDEST_NODE) return;
  throw new CommandError(
    "ERR_HAWSER_NODE_VERSION",
    `This is Node ${version}, and hawser needs Node 20.19 or later.`,
  );
}

const OLDEST_NODE = 20;

/** A secret key whose beginning is damaged. */
const SECRET_RUN = new RegExp(`[${BECH32_ALPHABET.toUpperCase()}]{40}`);

/** Known before the words are parsed, so that a mistake in them is told in the way asked for. */
function wantsJson(argv: readonly string[]): boolean {
  const end = argv.indexOf("--");
  const words = end === -1 ? argv : argv.slice(0, end);
  if (words.includes("--json")) return true;
  return words.some(
    (word, at) => word === "--log-format=json" || (word === "--log-format" && words[at + 1] === "json"),
  );
}

function mistake(error: CommanderError, argv: readonly string[]): Error {
  const [command, word] = argv;
  // The parser prints the help in place of an error for help about a command that there is not.
  if (error.code === "commander.help") return usageError(`unknown command '${word}'. See: hawser --help`);
  const isCommand =
    command !== undefined && /^[a-z]+$/.test(command) && error.code !== "commander.unknownCommand";
  return usageError(`${mistakeOf(error)}. See: hawser ${isCommand ? `${command} ` : ""}--help`);
}

function ownVersion(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}

/** Output goes where the surroundings say, with their width and colours, and the end is no `process.exit()`. */
function inSurroundings(program: Command, { stdout, stderr, env }: Surroundings): void {
  const isColoured = { out: hasColors(stdout, env), err: hasColors(stderr, env) };
  for (const command of [program, ...program.commands]) {
    command
      .exitOverride()
      .configureOutput({
        writeOut: (text) => void stdout.write(text),
        writeErr: (text) => void stderr.write(text),
        outputError: () => undefined, // It is told with its code, where all failures are.
        getOutHelpWidth: () => stdout.columns ?? 80,
        getErrHelpWidth: () => stderr.columns ?? 80,
        getOutHasColors: () => isColoured.out,
        getErrHasColors: () => isColoured.err,
      })
      .configureHelp({ styleTitle: (title) => `\u001b[1m${title}\u001b[0m` });
  }
}
