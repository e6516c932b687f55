/**
 * Generates `man/hawser.1`, the command's manual page: commands, options and their texts are those that parse the
 * command line, exit codes and error codes those that it ends with.
 *
 *     npx tsx scripts/man-page.ts            writes the page if it is out of date
 *     npx tsx scripts/man-page.ts --check    writes nothing; exit 1 when it is out of date
 */
import { pathToFileURL } from "node:url";
import type { Command, Option } from "commander";
import { COMMAND_ERRORS } from "../src/cli/errors.ts";
import { EXIT_CODES } from "../src/cli/exit-codes.ts";
import { type Actions, defineProgram } from "../src/cli/program.ts";
import { keepPage } from "./generated-page.ts";

export const page = "man/hawser.1";

/** What the definitions have no room for: a string a paragraph. */
const sections: Readonly<Record<string, readonly string[]>> = {
  "FIRST CONTACT": [
    "A URL without a key, hawser://HOST:PORT, says where the server is and not who it is. hawser connect then asks the " +
      "server for its key, shows it on the terminal, and asks whether to trust it: yes, no, or the key that it should be. " +
      "Nothing about the own key is shown to the server before that. A key that is trusted is kept, and from then on the " +
      "server must have it; a server with another key is refused (exit code 6). Without a terminal nobody is asked, and the " +
      "connection is refused (exit code 7). A server in stealth mode answers nobody who does not know its key.",
  ],
  DATA: [
    "What the peer sends goes to standard output, and nothing else does; all words go to standard error. The end of " +
      "standard input ends the own direction alone, and the end of the peer's direction is the end of standard output, unless " +
      "more peers may come (listen without --once). Both ends push back: nothing is read that can't be passed on.",
    "Without --once, listen serves one peer after the other until a signal ends it. Standard input is read only while there " +
      "is a peer; what is left of it goes to the next one.",
  ],
  TUNNEL: [
    "hawser serve stands before a service, and hawser forward before that, at the other end; programs and service know nothing " +
      "of it. Data, the end of each direction and back-pressure are carried through. A connection that breaks off on one side is " +
      "broken off on the other, after what was read: by an alert in the channel, by a reset at the plain side (a unix socket " +
      "knows none, and is closed). A service that can't be reached is the alert unreachable, one connection more than a limit " +
      "allows busy, silence for longer than --idle-timeout timeout.",
    'A line of the authorized keys may begin with options, joined by commas without blanks: to="HOST:PORT" or to="unix:/PATH", ' +
      'the service that the key is joined to instead of that of --to; from="ADDRESS,...", the addresses and ranges that it may ' +
      'come from; max="NUMBER", how many connections it may have at once.',
    "To change a server's key, give --key twice, the new one first, until all clients know it.",
    "With --workers serve is several processes: the command, which binds the port and has no key; one that has the key and lets " +
      "clients in; and workers, which have the connections and no key, and may read no file but hawser's own code. Started by root, " +
      "--acceptor-user and --worker-user give them to other users once the key has been read. All else is as in one process, but " +
      "that a worker which dies takes its own connections along, and that the amounts of open connections are some seconds old.",
  ],
  "KEY AGENT": [
    "hawser agent holds key pairs, so that programs that talk to the world need not have them. Wherever a key's file is named, " +
      "agent:PATH names the agent at the unix socket PATH: serve takes all the keys that it holds, the newest first, the others " +
      "its one key, or that of agent:PATH#KEY, where KEY is a public key. A file whose name begins with agent: is ./agent:NAME.",
    "The socket is its user's alone, and with --allow-uid also others', whose user the system tells. Requests over the rate wait. " +
      "SIGHUP reads the key files anew, and serve and forward learn of it at their own SIGHUP. An agent that is away is waited for " +
      "until the handshake has to fail, so that it may be started anew.",
  ],
  SIGNALS: [
    "At SIGINT (Ctrl-C), SIGTERM and SIGHUP the peer is told: cancelled, or by listen at the latter two going_away. That it " +
      "hears of it is waited for, up to five seconds; a second signal ends the command at once. The command then ends by the " +
      "same signal. When standard output is closed by its reader, the peer is told cancelled.",
  ],
  LOG: [
    "With --json, standard error has one JSON object a line, with time (RFC 3339), level (info, warn or error), event, and by " +
      "event code, message, url, publicKey, serverKey, name, address, context, bytesRead, bytesWritten, alert, alertName and " +
      "exitCode. Events are listening, all_addresses, allow_any, connecting, first_contact, server_trusted, connected, " +
      "closed, not_let_in, server_error, failed, advice, key_made, key_kept, secret_key_shown and secret_key_readable. There " +
      "is nothing secret in it. Programs should pass over events and fields that they do not know.",
  ],
};

const files: readonly (readonly [path: string, text: string])[] = [
  [
    "$XDG_CONFIG_HOME/hawser/known_servers",
    "the servers that were trusted on first contact, as URLs, one a line; ~/.config stands for $XDG_CONFIG_HOME where that is " +
      "not set. It may be edited. A line that begins with # is a comment.",
  ],
];

const environment: readonly (readonly [name: string, text: string])[] = [
  ["XDG_CONFIG_HOME", "where known_servers is; see above."],
  ["NO_COLOR", "when set to anything, nothing is coloured."],
  ["FORCE_COLOR", "when set to anything but 0, words are coloured even where they do not go to a terminal."],
];

const examples: readonly (readonly [text: string, commands: readonly string[]])[] = [
  [
    "Two key pairs, each made where it stays:",
    ["hawser keygen -o server.key", "hawser keygen -o client.key"],
  ],
  [
    "A file from one machine to another. The server's URL is the first line that it prints:",
    [
      "hawser listen --key server.key --allow hawser1... --once 4100 > file",
      "hawser connect --key client.key hawser://hawser1...@example.org:4100 < file",
    ],
  ],
  [
    "A database on one machine, used on another as if it were there:",
    [
      "hawser serve --key server.key --authorized-keys clients --to 127.0.0.1:5432 4100",
      "hawser forward --key client.key --listen 127.0.0.1:5432 hawser://hawser1...@example.org:4100",
    ],
  ],
  [
    "A log that several clients, listed in a file, may write to:",
    ["hawser listen --key server.key --authorized-keys clients 4100 < /dev/null >> log"],
  ],
];

/** The page as it should be. */
export function manPage(): string {
  const nothing = async () => undefined;
  const actions: Actions = {
    keygen: nothing,
    pubkey: nothing,
    listen: nothing,
    connect: nothing,
    serve: nothing,
    forward: nothing,
    agent: nothing,
    status: nothing,
    completion: nothing,
    conformance: nothing,
  };
  const program = defineProgram("", actions);
  return `${[
    ".\\\" Generated by scripts/man-page.ts from the command's definitions. Do not edit.",
    '.TH HAWSER 1 "" "Hawser" "User Commands"',
    ".SH NAME",
    "hawser \\- a secure channel between two ends that know each other's public keys",
    ".SH SYNOPSIS",
    ...program.commands.flatMap((command) => [".br", `.B ${roff(synopsis(command))}`]).slice(1),
    ".SH DESCRIPTION",
    roff(
      "hawser joins two ends over TCP or a unix socket, as nc does, so that nobody between them can read, change, cut short " +
        "or repeat what they say, and each knows who the other is: by its public key, without certificates.",
    ),
    ".SH COMMANDS",
    ...program.commands.flatMap(commandPart),
    ...Object.entries(sections).flatMap(([title, paragraphs]) => [
      `.SH ${title}`,
      ...paragraphs.flatMap((text) => [".PP", roff(text)]),
    ]),
    ".SH EXIT STATUS",
    ...Object.entries(EXIT_CODES).flatMap(([code, text]) => [".TP", `.B ${code}`, roff(`${text}.`)]),
    ".PP",
    roff(
      "Every failure is also named on standard error by a code that stays the same, in parentheses. Besides those " +
        "of the library:",
    ),
    ...Object.entries(COMMAND_ERRORS).flatMap(([code, text]) => [
      ".TP",
      `.B ${roff(code)}`,
      roff(`${text}.`),
    ]),
    ".SH FILES",
    ...files.flatMap(term),
    ".SH ENVIRONMENT",
    ...environment.flatMap(term),
    ".SH EXAMPLES",
    ...examples.flatMap(([text, commands]) => [
      ".PP",
      roff(text),
      ".PP",
      ".RS 4",
      ".nf",
      ...commands.map(roff),
      ".fi",
      ".RE",
    ]),
    ".SH SEE ALSO",
    ".BR nc (1),",
    ".BR ssh (1)",
  ].join("\n")}\n`;
}

function commandPart(command: Command): string[] {
  const argument = command.registeredArguments[0];
  return [
    `.SS ${roff(synopsis(command))}`,
    roff(command.description()),
    ...(argument === undefined
      ? []
      : [".TP", `.I ${roff(argument.name().toUpperCase())}`, roff(`${argument.description}.`)]),
    ...command.options.flatMap((option) => [
      ".TP",
      `.B ${roff(flagsOf(option))}`,
      roff(`${option.description}.`),
    ]),
  ];
}

/** `hawser listen --key FILE …`, as `--help` has it. */
function synopsis(command: Command): string {
  const usage = command.usage().replace(/<(\w+)>/g, (_, name: string) => name.toUpperCase());
  return `hawser ${command.name()} ${usage}`;
}

/** `--key FILE`. */
function flagsOf({ flags }: Option): string {
  return flags.replace(/<(\w+)(\.\.\.)?>/g, (_, name: string, more = "") => `${name.toUpperCase()}${more}`);
}

function term([name, text]: readonly [string, string]): string[] {
  return [".TP", `.B ${roff(name)}`, roff(text)];
}

/** Text as roff has it: hyphens that are typed are minus signs there, and no line is taken for a request. */
function roff(text: string): string {
  return text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replace(/^([.'])/gm, "\\&$1");
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  keepPage(page, manPage(), "scripts/man-page.ts");
}
