/**
 * Generates `docs/options.md`: every option with what its comment in the code says of it, and every deadline and limit
 * with its default, as the code has it. A comment that names another default than the code is an error.
 *
 *     npx tsx scripts/options.ts            writes the page if it is out of date
 *     npx tsx scripts/options.ts --check    writes nothing; exit 1 when it is out of date
 */
import { pathToFileURL } from "node:url";
import { defaultRemovalInterval } from "../src/net/removals.ts";
import { defaultHighWaterMark, defaultRecordSizes } from "../src/net/socket.ts";
import {
  defaultDrainBytes,
  defaultDrainTimeout,
  defaultHandshakeTimeout,
  maxAlertMessage,
  maxEarlyData,
  maxRecordBody,
  maxServerKeys,
} from "../src/protocol/limits.ts";
import { keepPage } from "./generated-page.ts";
import { type Member, membersOf, numberIn, shown, table } from "./source-docs.ts";

export const page = "docs/options.md";

/** An interface of options, and what takes it. */
interface Group {
  readonly name: string;
  readonly takenBy: string;
  /** Where it is a part of another: the name there. */
  readonly within?: string;
}

const everywhere = "`connect`, `createConnection`, `accept`, `createServer`";
const clients = "`connect`, `createConnection`";
const servers = "`accept`, `createServer`";

const groups: readonly Group[] = [
  { name: "ConnectOptions", takenBy: clients },
  { name: "ConnectTargetOptions", takenBy: `${clients} without a URL` },
  { name: "DialOptions", takenBy: clients },
  { name: "ServeOptions", takenBy: servers },
  { name: "AcceptOptions", takenBy: "`accept`" },
  { name: "HawserServerOptions", takenBy: "`createServer`" },
  { name: "ServerLimits", takenBy: "`createServer`", within: "limits" },
  { name: "ConnectionOptions", takenBy: everywhere },
  { name: "SocketOptions", takenBy: everywhere },
  { name: "DrainLimits", takenBy: everywhere, within: "drain" },
  {
    name: "LivenessPolicy",
    takenBy: everywhere,
    within: "liveness",
  },
  {
    name: "AuthorizedKeysOptions",
    takenBy: "`openAuthorizedKeys`",
  },
];

const admission = (name: string) =>
  numberIn("src/net/admission.ts", new RegExp(`limit\\("${name}", limits\\.${name}, ([\\d_]+)\\)`));

/** The deadlines and limits, by name, in the order of a connection's life: the default, its unit, and what the comment calls it. */
const limits: Readonly<
  Record<string, { readonly value: number | "off"; readonly unit: string; readonly said?: string }>
> = {
  handshakeTimeout: { value: defaultHandshakeTimeout, unit: "ms" },
  "limits.handshakes": { value: admission("handshakes"), unit: "handshakes" },
  "limits.handshakesPerAddress": { value: admission("handshakesPerAddress"), unit: "handshakes" },
  "limits.connections": { value: "off", unit: "connections", said: "no limit unless given" },
  highWaterMark: { value: defaultHighWaterMark, unit: "bytes a direction" },
  recordSize: { value: defaultRecordSizes.later, unit: "bytes" },
  idleTimeout: { value: "off", unit: "ms", said: "never unless given" },
  "liveness.pingAfter": { value: "off", unit: "ms", said: "" },
  "liveness.timeout": { value: "off", unit: "ms", said: "" },
  "drain.timeout": { value: defaultDrainTimeout, unit: "ms", said: "" },
  "drain.bytes": { value: defaultDrainBytes, unit: "bytes", said: "" },
  closeGrace: { value: numberIn("src/net/server.ts", /defaultCloseGrace = ([\d_]+)/), unit: "ms" },
  endRemoved: { value: defaultRemovalInterval, unit: "ms" },
  settleMs: { value: numberIn("src/keys/files/authorized-keys.ts", /settleMs = ([\d_]+)/), unit: "ms" },
};

/** What the parts of an option say where their own comments say nothing. */
const parts: Readonly<Record<string, string>> = {
  "liveness.pingAfter": "Silence after which a Ping asks for a sign of life.",
  "liveness.timeout": "Silence after which the peer is given up, with `timeout`; more than `pingAfter`.",
  "drain.timeout":
    "After the last word: how long the peer is given to take it and to hang up, and how long a transport whose writes fail is read on.",
  "drain.bytes": "How much is read and dropped meanwhile.",
};

interface Option extends Member {
  readonly takenBy: string;
}

/** Every option there is; a part of another is called `limits.handshakes`. One that two interfaces tell of differently is there twice. */
export function allOptions(): Option[] {
  const options: Option[] = [];
  for (const { name, takenBy, within } of groups) {
    for (const member of membersOf(name)) {
      const full = within === undefined ? member.name : `${within}.${member.name}`;
      const same = options.findIndex((option) => option.name === full && option.doc === member.doc);
      const before = options[same];
      if (before === undefined) options.push({ ...member, name: full, takenBy });
      else options[same] = { ...before, takenBy: `${before.takenBy}, ${takenBy}` };
    }
  }
  return options;
}

/** The page as it has to be. */
export function optionsPage(): string {
  const options = allOptions();
  const wholes = new Set(groups.map(({ within }) => within));
  const others = options.filter(({ name }) => limits[name] === undefined && !wholes.has(name));
  return `${[
    "<!-- Generated by scripts/options.ts from the code that has these options. Do not edit. -->",
    "# Options",
    "What can be said to `connect`, `createConnection`, `accept`, `createServer` and `openAuthorizedKeys`. Times are " +
      "milliseconds. All but the last refuse an option of another name, by a UsageError that names the nearest.",
    "## Deadlines and limits",
    "All that bounds a connection, with its default. For the handshake, liveness and the drain a time of 0 passes at once, and " +
      "`Infinity` is none. [Deadlines and limits](guides/deadlines.md) says when to change which.",
    table(
      ["option", "of", "default", "what"],
      Object.entries(limits).map(([name, { value, unit, said }]) => {
        const option = options.find((each) => each.name === name);
        if (option === undefined) throw new Error(`there is no option ${name}`);
        const doc = option.doc === "" ? (parts[name] ?? "") : option.doc;
        const words = said ?? `${typeof value === "number" ? shown(value) : value} unless given`;
        if (doc === "" || !doc.includes(words))
          throw new Error(`the comment of ${name} does not say "${words}"`);
        const standard = value === "off" ? "none" : `${shown(value)} ${unit}`;
        return [`\`${name}\``, option.takenBy, standard, doc];
      }),
    ),
    "These can't be changed, as both ends have to agree on them; [limits.md](../spec/limits.md) has all of them.",
    table(
      ["limit", "value"],
      [
        ["the most data in one record", `${shown(maxRecordBody)} bytes`],
        ["a client's records before the server has decided", `${shown(maxEarlyData)} bytes`],
        ["the words of an alert", `${shown(maxAlertMessage)} bytes of UTF-8`],
        ["key pairs of one server", shown(maxServerKeys)],
      ],
    ),
    "## All others",
    table(
      ["option", "of", "type", "what"],
      others.map(({ name, takenBy, type, isOptional, doc }) => [
        `\`${name}\``,
        takenBy,
        `\`${type}\`${isOptional ? "" : ", required"}`,
        doc === "" ? "As in `node:net`." : doc,
      ]),
    ),
  ].join("\n\n")}\n`;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  keepPage(page, optionsPage(), "scripts/options.ts");
}
