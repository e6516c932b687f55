import { Command, CommanderError, Option } from "commander";
import type { ConformanceOptions } from "./conformance.ts";
import { type OperationOptions, operationOptions, operationUsage } from "./operation-options.ts";

/** What every command may be told. */
export interface CommonOptions {
  readonly json?: boolean;
}

export interface KeygenOptions extends CommonOptions {
  readonly output?: string;
}

export interface ListenOptions extends CommonOptions {
  readonly key?: string;
  readonly authorizedKeys?: string;
  readonly allow?: readonly string[];
  readonly allowAny?: boolean;
  readonly context?: string;
  readonly once?: boolean;
  readonly stealth?: boolean;
}

export interface ConnectCommandOptions extends CommonOptions {
  readonly key?: string;
  readonly context?: string;
  readonly timeout?: string;
}

/** What `serve` and `forward` may both be told about their connections. */
interface TunnelOptions extends CommonOptions, OperationOptions {
  readonly context?: string;
  readonly connectTimeout?: string;
  readonly idleTimeout?: string;
  readonly maxConnections?: string;
}

export interface ServeCommandOptions extends TunnelOptions {
  readonly key?: readonly string[];
  readonly authorizedKeys?: string;
  readonly to?: string;
  readonly stealth?: boolean;
  readonly handshakeTimeout?: string;
  readonly maxPerKey?: string;
  readonly maxPerAddress?: string;
  readonly maxHandshakes?: string;
  readonly maxHandshakesPerAddress?: string;
  readonly workers?: string;
  readonly acceptorUser?: string;
  readonly workerUser?: string;
}

export interface ForwardCommandOptions extends TunnelOptions {
  readonly key?: string;
  readonly listen?: string;
  readonly pool?: string;
}

export interface AgentCommandOptions extends CommonOptions {
  readonly key?: readonly string[];
  readonly socket?: string;
  readonly allowUid?: readonly string[];
  readonly maxRate?: string;
  readonly maxConnections?: string;
  readonly logFormat?: string;
  readonly logLevel?: string;
}

/** What the commands do. */
export interface Actions {
  keygen(options: KeygenOptions): Promise<void>;
  pubkey(path: string, options: CommonOptions): Promise<void>;
  listen(address: string | undefined, options: ListenOptions): Promise<void>;
  connect(url: string, options: ConnectCommandOptions): Promise<void>;
  serve(address: string | undefined, options: ServeCommandOptions): Promise<void>;
  forward(url: string, options: ForwardCommandOptions): Promise<void>;
  agent(options: AgentCommandOptions): Promise<void>;
  status(path: string, options: CommonOptions): Promise<void>;
  conformance(options: ConformanceOptions): Promise<void>;
  completion(shell: string, program: Command): Promise<void>;
}

export const SHELLS = ["bash", "zsh", "fish"] as const;

const keyOption = () =>
  new Option("--key <file>", "the own key pair, as keygen makes it, or agent:PATH[#KEY] (required)");
const jsonOption = () => new Option("--json", "write what there is to say as JSON, an object a line");

/**
 * The commands with their options, arguments and texts: what is parsed, what `--help` prints, what completion offers
 * and what the man page says all come from here.
 */
export function defineProgram(version: string, actions: Actions): Command {
  const program = new Command("hawser")
    .description("A secure channel between two ends that know each other's public keys.")
    .version(version, "-V, --version", "print the version")
    .helpOption("-h, --help", "print help")
    .helpCommand("help [command]", "print help for a command")
    .addHelpText("after", () => examples);

  program
    .command("keygen")
    .summary("make a key pair")
    .usage("[-o FILE] [--json]")
    .description(
      "Makes a key pair. The secret key goes to FILE, which only its owner can read, or to standard output; " +
        "the public key is told on standard error.",
    )
    .addOption(new Option("-o, --output <file>", "the file to make; one that is there is never overwritten"))
    .addOption(jsonOption())
    .action((options: KeygenOptions) => actions.keygen(options));

  program
    .command("pubkey")
    .summary("print the public key of a key pair")
    .usage("[--json] FILE")
    .description(
      "Prints the public key that belongs to the secret key in FILE; of an agent those of all its keys, a line each.",
    )
    .argument("<file>", "the key pair's file, - for standard input, or agent:PATH[#KEY] for a key agent")
    .addOption(jsonOption())
    .action((path: string, options: CommonOptions) => actions.pubkey(path, options));

  program
    .command("listen")
    .summary("wait for a peer, and join it to standard input and output")
    .description(
      "Waits for peers that may come in and joins them to standard input and output, one at a time: others are told " +
        "busy. What the peer sends is written to standard output; standard input is read while there is a peer, and its " +
        "end (Ctrl-D) ends that direction alone. After a peer the next one is waited for, unless --once is given; a peer " +
        "that comes after the end of standard input can only send. The first line on standard error is the URL to connect to.",
    )
    .usage(
      "--key FILE (--authorized-keys FILE | --allow KEY... | --allow-any) [--context NAME] [--once] [--stealth] [--json] [HOST:]PORT|unix:PATH",
    )
    .argument("[address]", "[HOST:]PORT or unix:PATH; all addresses without HOST, any free port for port 0")
    .addOption(keyOption())
    .addOption(
      new Option("--authorized-keys <file>", "let in the public keys that the file lists").conflicts([
        "allow",
        "allowAny",
      ]),
    )
    .addOption(
      new Option("--allow <key...>", "let in these public keys (hawser1...)").conflicts(["allowAny"]),
    )
    .addOption(new Option("--allow-any", "let in anyone who can connect"))
    .addOption(new Option("--context <name>", "what connections are for: peers must name the same"))
    .addOption(new Option("--once", "end after the first peer"))
    .addOption(new Option("--stealth", "do not answer who does not know the own public key"))
    .addOption(jsonOption())
    .action((address: string | undefined, options: ListenOptions) => actions.listen(address, options));

  program
    .command("connect")
    .summary("connect to a peer, and join it to standard input and output")
    .description(
      "Connects and joins the peer to standard input and output. The end of standard input (Ctrl-D) ends that direction " +
        "alone; the command is over when both ends have closed. A URL without a key (hawser://HOST:PORT) is a first " +
        "contact: the server's key is shown, and kept if you trust it.",
    )
    .usage("--key FILE [--context NAME] [--timeout SECONDS] [--json] URL")
    .argument("<url>", "hawser://KEY@HOST:PORT or hawser+unix://KEY@/PATH, as listen prints it")
    .addOption(keyOption())
    .addOption(new Option("--context <name>", "what the connection is for, where the URL does not say it"))
    .addOption(
      new Option(
        "--timeout <seconds>",
        "how long connecting may take, the server's answer included; 10 unless given",
      ),
    )
    .addOption(jsonOption())
    .action((url: string, options: ConnectCommandOptions) => actions.connect(url, options));

  defineTunnel(program, actions);

  defineAgent(program, actions);

  program
    .command("status")
    .summary("ask a running serve or forward how it does")
    .usage("[--json] PATH")
    .description(
      "Prints how a running hawser serve or forward does: its connections with the names of their keys, how long it " +
        "runs, the last reload, handshakes by outcome, failures by code.",
    )
    .argument("<path>", "the unix socket that --status of hawser serve or forward names")
    .addOption(new Option("--json", "print it as JSON; words about failures are JSON too, an object a line"))
    .action((path: string, options: CommonOptions) => actions.status(path, options));

  program
    .command("conformance")
    .summary("test an implementation of the protocol")
    .description(
      "Plays a peer that misbehaves with an implementation of Hawser, case by case, over TCP on 127.0.0.1. COMMAND starts the " +
        "implementation's shim (spec/conformance.md), to which --cases is added. Progress is told on standard error, and the " +
        "summary, or the report, on standard output.",
    )
    .usage(
      "--exec COMMAND [--role client|server|both] [--filter ID]... [--skips FILE] [--report junit|json|html] " +
        "[--lanes NUMBER] [--patience SECONDS]",
    )
    .addOption(new Option("--exec <command>", "the shim, for the shell (required)"))
    .addOption(
      new Option("--role <role>", "what the shim plays; both unless given").choices([
        "client",
        "server",
        "both",
      ]),
    )
    .addOption(
      new Option(
        "--filter <id>",
        "only the cases of this identifier, of those that begin with it, or of this requirement; may be given again",
      ).argParser((id: string, ids: readonly string[] = []) => [...ids, id]),
    )
    .addOption(
      new Option("--skips <file>", "leave out what the file names: an identifier and a reason a line"),
    )
    .addOption(
      new Option("--report <format>", "write a report in place of the summary").choices([
        "junit",
        "json",
        "html",
      ]),
    )
    .addOption(number("--lanes", "shims that play at once; 2 unless given"))
    .addOption(seconds("--patience", "how long a shim may take for what it owes; 5 unless given"))
    .action((options: ConformanceOptions) => actions.conformance(options));

  program
    .command("completion")
    .summary("print a script that completes hawser's words in a shell")
    .usage(SHELLS.join("|"))
    .description(
      "Prints a script for a shell, which then completes commands, options and files at the Tab key.",
    )
    .argument("<shell>", `${SHELLS.slice(0, -1).join(", ")} or ${SHELLS.at(-1)}`)
    .action((shell: string) => actions.completion(shell, program));

  return program;
}

/** The two ends of a tunnel. */
function defineTunnel(program: Command, actions: Actions): void {
  const serve = program
    .command("serve")
    .summary("put the channel in front of a service")
    .description(
      "Lets clients in whose keys are authorized, and joins each to a connection of its own to the service. The first line on " +
        "standard error is the URL that clients forward to. A connection that breaks off on one side is broken off on the " +
        "other, and never looks like one that ended.",
    )
    .usage(
      "--key FILE... --authorized-keys FILE --to HOST:PORT|unix:/PATH [--context NAME] [--stealth] [--connect-timeout SECONDS] " +
        "[--handshake-timeout SECONDS] [--idle-timeout SECONDS] [--max-connections NUMBER] [--max-per-key NUMBER] " +
        "[--max-per-address NUMBER] [--max-handshakes NUMBER] [--max-handshakes-per-address NUMBER] " +
        "[--workers NUMBER [--acceptor-user USER] [--worker-user USER]] " +
        `${operationUsage} [--json] [HOST:]PORT|unix:PATH|systemd:[NAME]`,
    )
    .argument(
      "[address]",
      "[HOST:]PORT or unix:PATH; all addresses without HOST, any free port for port 0; systemd:[NAME] for a socket that the service manager passes",
    )
    .addOption(
      new Option(
        "--key <file>",
        "an own key pair, as keygen makes it, or agent:PATH[#KEY] (required); once more for the old one, while keys are changed",
      ).argParser((file: string, files: readonly string[] = []) => [...files, file]),
    )
    .addOption(
      new Option(
        "--authorized-keys <file>",
        "let in the public keys that the file lists (required); their options to, from and max hold",
      ),
    )
    .addOption(
      new Option(
        "--to <address>",
        "the service, HOST:PORT or unix:/PATH (required), for keys whose option to names no other",
      ),
    )
    .addOption(contextOption())
    .addOption(new Option("--stealth", "do not answer who does not know an own public key"))
    .addOption(seconds("--connect-timeout", "how long connecting to the service may take; 5 unless given"))
    .addOption(seconds("--handshake-timeout", "how long a client's handshake may take; 10 unless given"))
    .addOption(idleOption())
    .addOption(number("--max-connections", "connections at once; one more is told busy"))
    .addOption(number("--max-per-key", "connections of a key at once, where its option max does not say"))
    .addOption(number("--max-per-address", "connections from an address at once"))
    .addOption(number("--max-handshakes", "handshakes under way at once; 1024 unless given"))
    .addOption(
      number("--max-handshakes-per-address", "handshakes under way from an address; 64 unless given"),
    )
    .addOption(
      number(
        "--workers",
        "processes that have the connections and no key, which another process has; none unless given",
      ),
    )
    .addOption(
      new Option(
        "--acceptor-user <user>",
        "with --workers: whom the process with the key becomes, started by root",
      ),
    )
    .addOption(
      new Option("--worker-user <user>", "with --workers: whom the workers run as, started by root"),
    );
  const forward = program
    .command("forward")
    .summary("pass local connections on to a server")
    .description(
      "Listens for local programs, and gives each a connection through the channel to the service behind the server of the " +
        "URL, made when it is wanted. Where there is none to be had, the program's connection is broken off at once, and the " +
        "reason is in the log.",
    )
    .usage(
      "--key FILE --listen [HOST:]PORT|unix:PATH|systemd:[NAME] [--context NAME] [--connect-timeout SECONDS] " +
        "[--idle-timeout SECONDS] [--pool NUMBER] [--max-connections NUMBER] " +
        `${operationUsage} [--json] URL`,
    )
    .argument("<url>", "hawser://KEY@HOST:PORT or hawser+unix://KEY@/PATH, as serve prints it")
    .addOption(keyOption())
    .addOption(
      new Option(
        "--listen <address>",
        "where local programs connect to, [HOST:]PORT or unix:PATH (required); 127.0.0.1 without HOST",
      ),
    )
    .addOption(contextOption())
    .addOption(
      seconds(
        "--connect-timeout",
        "how long connecting may take, the server's answer included; 10 unless given",
      ),
    )
    .addOption(idleOption())
    .addOption(number("--pool", "connections to make ahead and keep ready; none unless given"))
    .addOption(number("--max-connections", "local connections at once; one more is broken off"));
  for (const command of [serve, forward]) {
    for (const option of operationOptions()) command.addOption(option);
    command.addOption(jsonOption());
  }
  serve.action((address: string | undefined, options: ServeCommandOptions) =>
    actions.serve(address, options),
  );
  forward.action((url: string, options: ForwardCommandOptions) => actions.forward(url, options));
}

/** The process that keeps the keys. */
function defineAgent(program: Command, actions: Actions): void {
  const agent = program
    .command("agent")
    .summary("hold keys, so that the processes that use them need not")
    .description(
      "Holds key pairs, and does with them the one operation that a handshake needs, for local programs that are given " +
        "--key agent:PATH instead of a key's file. The programs never have the secret keys. Read the guide before you rely on it.",
    )
    .usage(
      "--key FILE... --socket unix:PATH [--allow-uid UID...] [--max-rate NUMBER] [--max-connections NUMBER] " +
        "[--log-format text|json] [--log-level debug|info|warn|error] [--json]",
    )
    .addOption(
      new Option(
        "--key <file>",
        "a key pair to hold (required); once more for each, the newest first",
      ).argParser((file: string, files: readonly string[] = []) => [...files, file]),
    )
    .addOption(new Option("--socket <address>", "where programs ask, unix:PATH (required)"))
    .addOption(
      new Option("--allow-uid <uid...>", "users who may ask, by number; the own user and 0 unless given"),
    )
    .addOption(
      number("--max-rate", "operations in a second; 4000 unless given, and half of it for a connection"),
    )
    .addOption(number("--max-connections", "connections at once; 64 unless given"));
  for (const option of operationOptions()) {
    if (option.long?.startsWith("--log-")) agent.addOption(option);
  }
  agent.addOption(jsonOption());
  agent.action((options: AgentCommandOptions) => actions.agent(options));
}

const contextOption = () =>
  new Option("--context <name>", "what connections are for: both ends must name the same");
const idleOption = () =>
  seconds("--idle-timeout", "end a connection in which nothing has passed for so long; never unless given");
const seconds = (flag: string, description: string) => new Option(`${flag} <seconds>`, description);
const number = (flag: string, description: string) => new Option(`${flag} <number>`, description);

const examples = `
Two ends on one machine:
  hawser keygen -o server.key
  hawser keygen -o client.key
  hawser listen --key server.key --allow "$(hawser pubkey client.key)" 127.0.0.1:4100
  hawser connect --key client.key URL      (URL is what listen printed)

A service on one machine, and programs on another that use it as if it were theirs:
  hawser serve --key server.key --authorized-keys clients --to 127.0.0.1:5432 4100
  hawser forward --key client.key --listen 127.0.0.1:5432 URL

Exit codes and more: man hawser`;

/** What commander has to say to a mistake, without its own prefix, and in the form of a sentence a line. */
export function mistakeOf(error: CommanderError): string {
  return error.message
    .replace(/^error: /, "")
    .replaceAll("\n", " ")
    .replace(/\.$/, "");
}

export { type Command, CommanderError };
