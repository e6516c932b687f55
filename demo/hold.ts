/**
 * What goes between the server's processes besides connections, as files: how the next client is to be treated, which the
 * admin writes and the acceptor reads, and what became of it, which whoever had the connection last writes.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { formatPublicKey } from "hawser";
import type { ErrorSeen } from "./words.ts";

/** How the server treats a client. */
export interface Conduct {
  /** Beside it, with `.report` behind its name, is written what became of the client. */
  readonly saveAs: string;
  /** Gives up after so many bytes. */
  readonly giveUpAfter?: number;
  /** Lets in whoever comes. */
  readonly letAnybodyIn?: boolean;
  /** Saves something else than what came. */
  readonly garble?: boolean;
}

/** What became of a client. */
export interface ServerReport {
  /** Bytes received and saved. */
  readonly bytes: number;
  /** The client's key as it is written, where it was shown. */
  readonly clientKey?: string | undefined;
  readonly error?: ErrorSeen | undefined;
}

export function writeConduct(path: string, conduct: Conduct): void {
  writeFileSync(path, JSON.stringify(conduct));
}

export function readConduct(path: string): Conduct {
  return JSON.parse(readFileSync(path, "utf8"));
}

const reportOf = ({ saveAs }: Conduct) => `${saveAs}.report`;

/** A report's last character: before it is there, not all of it is. */
const end = "\n";

/** @param publicKey the client's, 32 bytes, where it was shown */
export function report(
  conduct: Conduct,
  { publicKey, ...said }: Omit<ServerReport, "clientKey"> & { readonly publicKey?: Uint8Array | undefined },
): void {
  const clientKey = publicKey && formatPublicKey(publicKey);
  writeFileSync(reportOf(conduct), JSON.stringify({ ...said, clientKey } satisfies ServerReport) + end);
}

/** Waits for the report, for as long as it takes. */
export async function reported(conduct: Conduct): Promise<ServerReport> {
  for (;;) {
    const text = written(reportOf(conduct));
    if (text.endsWith(end)) return JSON.parse(text);
    await pause(5);
  }
}

function written(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
}
