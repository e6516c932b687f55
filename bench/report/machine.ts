import { execFileSync } from "node:child_process";
import { availableParallelism, cpus, loadavg, release, totalmem } from "node:os";

/** What the figures depend on besides the code. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  /** GiB. */
  readonly memory: number;
  readonly system: string;
  readonly node: string;
  readonly openssl: string;
  /** Processes that ran or waited in the minute before, on average: what else the machine had to do. */
  readonly load: number;
}

export function thisMachine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    memory: Math.round(totalmem() / 2 ** 30),
    system: `${process.platform} ${release()} ${process.arch}`,
    node: process.version,
    openssl: process.versions.openssl,
    load: Math.round((loadavg()[0] ?? 0) * 10) / 10,
  };
}

/** The commit that is measured, marked where files have changed since. */
export function thisCommit(): string {
  try {
    const git = (...args: string[]) => execFileSync("git", args, { encoding: "utf8" }).trim();
    const isChanged = git("status", "--porcelain", "--", "src", "bench") !== "";
    return git("rev-parse", "--short=12", "HEAD") + (isChanged ? " with changes" : "");
  } catch {
    return "unknown";
  }
}
