import { Option } from "commander";
import { usageError } from "./errors.ts";
import { LEVELS, type Level } from "./log.ts";

/** What `serve` and `forward` may be told about how they run, as the parser gives it. */
export interface OperationOptions {
  readonly metrics?: string;
  readonly metricsPublic?: boolean;
  readonly status?: string;
  readonly grace?: string;
  readonly logFormat?: string;
  readonly logLevel?: string;
}

/** Those options, for the parser. */
export function operationOptions(): Option[] {
  return [
    new Option(
      "--metrics <address>",
      "serve metrics for Prometheus there: [HOST:]PORT, on 127.0.0.1 without HOST",
    ),
    new Option(
      "--metrics-public",
      "let other machines read the metrics, if HOST is no address of this one's loopback",
    ),
    new Option("--status <path>", "make a unix socket there that hawser status asks; its owner alone can"),
    new Option("--grace <seconds>", "what open connections get to end when this is stopped; 5 unless given"),
    new Option("--log-format <format>", "how the log is written").choices(["text", "json"]),
    new Option("--log-level <level>", "the least that is logged; info unless given").choices(LEVELS),
  ];
}

/** The same, on a command's usage line. */
export const operationUsage =
  "[--metrics [HOST:]PORT [--metrics-public]] [--status PATH] [--grace SECONDS] [--log-format text|json] " +
  "[--log-level debug|info|warn|error]";

/** Those options, understood. */
export interface OperationSettings {
  readonly metrics: { readonly host: string; readonly port: number; readonly isPublic: boolean } | undefined;
  readonly statusPath: string | undefined;
  /** Milliseconds. */
  readonly grace: number;
  readonly level: Level;
}

const defaultGrace = 5_000;
/** A day. */
const longestGrace = 86_400;

/** @throws CommandError ERR_HAWSER_USAGE */
export function operationSettings(options: OperationOptions): OperationSettings {
  const { metrics, metricsPublic: isPublic = false, status, grace, logLevel = "info" } = options;
  if (isPublic && metrics === undefined) throw usageError("--metrics-public says nothing without --metrics.");
  if (status === "") throw usageError("--status takes the path of the socket to make.");
  return {
    metrics: metrics === undefined ? undefined : { ...metricsPlace(metrics, isPublic), isPublic },
    statusPath: status,
    grace: grace === undefined ? defaultGrace : milliseconds(grace),
    level: LEVELS.find((level) => level === logLevel) ?? "info",
  };
}

function milliseconds(seconds: string): number {
  const value = /^\d+(?:\.\d{1,3})?$/.test(seconds) ? Number(seconds) : Number.NaN;
  if (value <= longestGrace) return value * 1_000;
  throw usageError(`--grace takes seconds, from 0 to ${longestGrace}.`);
}

function metricsPlace(text: string, isPublic: boolean): { host: string; port: number } {
  const [, bracketed, name, port] = /^(?:(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]]+)):)?(\d{1,5})$/.exec(text) ?? [];
  if (port === undefined || Number(port) > 65_535) {
    throw usageError(
      "--metrics takes [HOST:]PORT, an IPv6 address in brackets: 9464, 127.0.0.1:9464 or [::1]:9464.",
    );
  }
  const host = bracketed ?? name ?? "127.0.0.1";
  if (!isPublic && host !== "localhost" && !isLoopback(host)) {
    throw usageError(
      "--metrics takes an address of the loopback (127.0.0.1, [::1]): metrics are not encrypted, and anyone who can connect " +
        "reads them. Where that is meant, say --metrics-public too.",
    );
  }
  return { host, port: Number(port) };
}

/** Whether an address, not a name, is this machine's own loopback (RFC 1122 §3.2.1.3, RFC 4291 §2.5.3). */
export function isLoopback(address: string): boolean {
  return /^127(?:\.\d{1,3}){3}$/.test(address) || address === "::1";
}
