import { parseArgs } from "node:util";
import { gatePeers, gateSizes, gateWorks } from "./gate.ts";
import type { Sizes } from "./works/work.ts";

/** What the command line asks for. */
export interface Options {
  /** Works and contenders by their ids, in the order in which they stand in the tables. */
  readonly works: readonly string[];
  readonly contenders: readonly string[];
  readonly runs: number;
  readonly sizes: Sizes;
  /** What the figures are kept in, and what they are taken from instead of measuring. */
  readonly json: string | undefined;
  readonly from: string | undefined;
  /** Whether to fail where Hawser has lost much against a peer. */
  readonly gate: boolean;
  /** Whether docs/performance.md and its plot are to be written. */
  readonly write: boolean;
}

/** The command line makes no sense; the message says why. */
export class ArgumentError extends Error {}

const full: Sizes = {
  bulk: 1024 ** 3,
  bulkWarmUp: 512 * 1024 ** 2,
  write: 65_536,
  messages: 1_000_000,
  messagesWarmUp: 4_000_000,
  turnMessages: 100_000,
  roundTrips: 10_000,
  handshakes: 1_000,
  concurrentHandshakes: 1_000,
  handshakeWarmUp: 2_000,
  firstHandshakes: 50,
  idle: 1_000,
  transfer: 256 * 1024 ** 2,
  crowd: 1_000,
  rekey: 262_144,
};

/** Enough to see that all works and is right, in less than a minute. */
const quick: Sizes = {
  bulk: 32 * 1024 ** 2,
  bulkWarmUp: 32 * 1024 ** 2,
  write: 65_536,
  messages: 20_000,
  messagesWarmUp: 20_000,
  turnMessages: 5_000,
  roundTrips: 500,
  handshakes: 40,
  concurrentHandshakes: 64,
  handshakeWarmUp: 10,
  firstHandshakes: 10,
  idle: 100,
  transfer: 1024 ** 2,
  crowd: 100,
  rekey: 16_384,
};

/**
 * @param works the works there are, and `contenders` the same: what `--only` and `--peers` choose from
 * @returns `undefined` where help is asked for
 * @throws ArgumentError
 */
export function parseArguments(
  args: readonly string[],
  works: readonly string[],
  contenders: readonly string[],
): Options | undefined {
  const values = parse(args);
  if (values.help) return undefined;
  const isPart = values.quick || values.gate || values.only !== undefined || values.peers !== undefined;
  if (values.write && isPart) {
    throw new ArgumentError("--write is for a whole run: not with --quick, --gate, --only or --peers");
  }
  if (
    values.from !== undefined &&
    (isPart || values.full || values.size !== undefined || values.runs !== undefined)
  ) {
    throw new ArgumentError("--from measures nothing: it goes with --write and --json alone");
  }
  if ([values.quick, values.full, values.gate].filter(Boolean).length > 1) {
    throw new ArgumentError("--quick, --full and --gate exclude each other");
  }
  if (values.gate && (values.only !== undefined || values.peers !== undefined)) {
    throw new ArgumentError("--gate chooses works and peers by itself: not with --only or --peers");
  }
  const sizes = values.quick ? quick : values.gate ? { ...full, ...gateSizes } : full;
  return {
    works: values.gate ? works.filter((id) => gateWorks.includes(id)) : choose("--only", values.only, works),
    contenders: values.gate
      ? contenders.filter((id) => gatePeers.includes(id))
      : choose("--peers", values.peers, contenders),
    gate: values.gate ?? false,
    runs: values.runs === undefined ? (values.quick || values.gate ? 1 : 5) : whole("--runs", values.runs),
    sizes: {
      ...sizes,
      ...(values.full && { idle: 10_000, crowd: 10_000, transfer: 4 * 1024 ** 3 }),
      ...(values.size !== undefined && bulkOf(bytes(values.size, sizes.write), sizes)),
    },
    json: values.json,
    from: values.from,
    write: values.write ?? false,
  };
}

/** What `--help` prints. */
export function usage(works: readonly string[], contenders: readonly string[]): string {
  return `npm run bench -- [options]

  --only WORK,…    ${works.join(", ")}
  --peers NAME,…   ${contenders.join(", ")}
  --runs N         runs of each; 5
  --size BYTES     what crosses in bulk, such as 256M or 4G; 1G
  --full           10,000 connections instead of 1,000, and transfers of up to 4G instead of 256M
  --quick          once, and little of everything: is it right, rather than how fast
  --gate           against node:tls alone; exits with 1 where half of what is expected is lost, twice in a row
  --json FILE      keeps the figures
  --from FILE      takes them from there instead of measuring
  --write          writes docs/performance.md and docs/performance.svg`;
}

/** A warm-up is no longer than what it is for. */
function bulkOf(bulk: number, { bulkWarmUp }: Sizes): Pick<Sizes, "bulk" | "bulkWarmUp"> {
  return { bulk, bulkWarmUp: Math.min(bulk, bulkWarmUp) };
}

function parse(args: readonly string[]) {
  const text = { type: "string" } as const;
  const flag = { type: "boolean" } as const;
  const options = {
    ...{ only: text, peers: text, runs: text, size: text, json: text, from: text },
    ...{ quick: flag, full: flag, gate: flag, write: flag, help: { ...flag, short: "h" } },
  };
  try {
    return parseArgs({ args: [...args], options, strict: true }).values;
  } catch (error) {
    throw new ArgumentError((error as Error).message, { cause: error });
  }
}

function choose(option: string, list: string | undefined, all: readonly string[]): readonly string[] {
  if (list === undefined) return all;
  const wanted = new Set(list.split(",").map((name) => name.trim()));
  for (const name of wanted) {
    if (!all.includes(name)) throw new ArgumentError(`${option} ${name}: there is only ${all.join(", ")}`);
  }
  return all.filter((name) => wanted.has(name));
}

function whole(option: string, text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new ArgumentError(`${option} ${text}: a whole number was expected`);
  return Number(text);
}

/** As whole writes. */
function bytes(text: string, write: number): number {
  const [, digits, unit] = /^(\d{1,12})([KMG]?)$/.exec(text) ?? [];
  if (digits === undefined)
    throw new ArgumentError(`--size ${text}: bytes were expected, such as 256M or 4G`);
  const factor = { "": 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3 }[unit as "" | "K" | "M" | "G"];
  const size = Number(digits) * factor;
  if (size < write) throw new ArgumentError(`--size ${text}: at least one write, ${write} bytes`);
  return size - (size % write);
}
