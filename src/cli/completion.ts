import type { Command, Option } from "commander";
import { usageError } from "./errors.ts";
import { print } from "./output.ts";
import { SHELLS } from "./program.ts";
import type { Surroundings } from "./surroundings.ts";

type Shell = (typeof SHELLS)[number];

/** `hawser completion`: a script for the shell, made of the same definitions that parse the command line. */
export async function completion(shell: string, program: Command, surroundings: Surroundings): Promise<void> {
  await print(surroundings, completionScript(requireShell(shell), program));
}

function requireShell(text: string): Shell {
  const shell = SHELLS.find((name) => name === text);
  if (shell === undefined)
    throw usageError(`There is completion for ${SHELLS.join(", ")}, and no other shell.`);
  return shell;
}

/**
 * The script knows all there is to know when it is made: nothing is run at the Tab key, which would take as long as
 * Node needs to start.
 */
export function completionScript(shell: Shell, program: Command): string {
  const commands = program.commands.map(describe);
  const common = describe(program);
  switch (shell) {
    case "bash":
      return bash(commands, common);
    case "zsh":
      return zsh(commands, common);
    case "fish":
      return fish(commands, common);
  }
}

interface Described {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly Flag[];
  /** What its argument is. */
  readonly argument: "file" | "shell" | "other" | undefined;
}

interface Flag {
  readonly short: string | undefined;
  readonly long: string;
  readonly description: string;
  /** What its value is, `undefined` for a flag without one. */
  readonly value: "file" | "other" | undefined;
}

function describe(command: Command): Described {
  const name = command.registeredArguments[0]?.name();
  const argument = name === undefined ? undefined : name === "file" || name === "shell" ? name : "other";
  const options = command.createHelp().visibleOptions(command).map(flag);
  return { name: command.name(), summary: command.summary(), options, argument };
}

function flag({ short, long, flags, description, required }: Option): Flag {
  const value = required ? (flags.includes("<file>") ? "file" : "other") : undefined;
  return { short, long: long as string, description, value };
}

function names(options: readonly Flag[], kind?: Flag["value"]): string[] {
  return options
    .filter(({ value }) => kind === undefined || value === kind)
    .flatMap(({ short, long }) => (short === undefined ? [long] : [short, long]));
}

function bash(commands: readonly Described[], common: Described): string {
  const all = commands.flatMap(({ options }) => options);
  const pattern = (kind: Flag["value"]) => [...new Set(names(all, kind))].join("|");
  const words = commands.map(({ name, options, argument }) => {
    const more = argument === "shell" ? SHELLS : [];
    const line = `    ${name}) words="${[...names(options), ...more].join(" ")}"`;
    return `${line}${argument === "file" ? " files=1" : ""} ;;`;
  });
  const first = [...commands.map(({ name }) => name), "help", ...names(common.options)].join(" ");
  return `# Completion of hawser's words in bash. To have it: source <(hawser completion bash)
_hawser() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" words="" files=0
  COMPREPLY=()
  if [[ $cur == "=" ]]; then
    cur=""
  elif [[ $prev == "=" ]]; then
    prev="\${COMP_WORDS[COMP_CWORD-2]}"
  fi
  case $prev in
    ${pattern("file")}) files=1 ;;
    ${pattern("other")}) return ;;
    *)
      if ((COMP_CWORD == 1)); then
        words="${first}"
      elif ((COMP_CWORD == 2)) && [[ $prev == help ]]; then
        words="${commands.map(({ name }) => name).join(" ")}"
      else
        case \${COMP_WORDS[1]} in
${words.map((line) => `      ${line}`).join("\n")}
        esac
      fi
      ;;
  esac
  local IFS=$'\\n'
  if [[ -n $words ]]; then
    COMPREPLY=($(IFS=" " compgen -W "$words" -- "$cur"))
  fi
  if ((files)) && [[ $cur != -* ]]; then
    compopt -o filenames 2>/dev/null
    COMPREPLY+=($(compgen -f -- "$cur"))
  fi
}
complete -F _hawser hawser
`;
}

function zsh(commands: readonly Described[], common: Described): string {
  const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
  const specs = ({ options, argument }: Described) => [
    ...options.map((option) => {
      const { short, long, description, value } = option;
      const text = description.replace(/[[\]:\\]/g, "\\$&");
      const action = value === undefined ? "" : value === "file" ? ":file:_files" : ":value: ";
      const both = short === undefined ? long : `{${short},${long}}`;
      const group = short === undefined ? "" : quoted(`(${short} ${long})`);
      return `${group}${both}${quoted(`[${text}]${action}`)}`;
    }),
    ...(argument === "file" ? [quoted(":file:_files")] : []),
    ...(argument === "shell" ? [quoted(`:shell:(${SHELLS.join(" ")})`)] : []),
    ...(argument === "other" ? [quoted(":argument: ")] : []),
  ];
  const list = commands.map(({ name, summary }) => quoted(`${name}:${summary}`));
  const cases = commands.map(
    (command) => `        ${command.name}) _arguments ${specs(command).join(" ")} ;;`,
  );
  return `#compdef hawser
# Completion of hawser's words in zsh. To have it: source <(hawser completion zsh)
_hawser() {
  local state line
  local -a commands
  commands=(${[...list, quoted("help:print help for a command")].join(" ")})
  _arguments -C ${specs(common).join(" ")} '1:command:->command' '*::argument:->argument'
  case $state in
    command) _describe command commands ;;
    argument)
      case $line[1] in
${cases.join("\n")}
        help) _describe command commands ;;
      esac
      ;;
  esac
}
if [[ $funcstack[1] == _hawser ]]; then
  _hawser "$@"
else
  compdef _hawser hawser
fi
`;
}

function fish(commands: readonly Described[], common: Described): string {
  const quoted = (text: string) => `'${text.replace(/[\\']/g, "\\$&")}'`;
  const option = (when: string, { short, long, description, value }: Flag) =>
    [
      `complete -c hawser -n ${when}`,
      ...(short === undefined ? [] : [`-s ${short.slice(1)}`]),
      `-l ${long.slice(2)}`,
      ...(value === undefined ? [] : [value === "file" ? "-r -F" : "-x"]),
      `-d ${quoted(description)}`,
    ].join(" ");
  const lines = commands.flatMap(({ name, summary, options, argument }) => {
    const when = `'__fish_seen_subcommand_from ${name}'`;
    return [
      `complete -c hawser -n __fish_use_subcommand -a ${name} -d ${quoted(summary)}`,
      ...options.map((each) => option(when, each)),
      ...(argument === "file" ? [`complete -c hawser -n ${when} -F`] : []),
      ...(argument === "shell" ? [`complete -c hawser -n ${when} -a '${SHELLS.join(" ")}'`] : []),
    ];
  });
  return `# Completion of hawser's words in fish. To have it: hawser completion fish | source
complete -c hawser -f
${common.options.map((each) => option("__fish_use_subcommand", each)).join("\n")}
${lines.join("\n")}
`;
}
