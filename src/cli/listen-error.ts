import { lstat } from "node:fs/promises";
import { dirname } from "node:path";
import { type ListenAddress, nameOfAddress } from "./address.ts";
import { CommandError } from "./errors.ts";

/** Why an address can't be listened at, in words for whoever chose it. */
export async function listenError(
  address: ListenAddress,
  cause: NodeJS.ErrnoException,
): Promise<CommandError> {
  const atPath = "path" in address ? await pathWords(address.path, cause.code) : undefined;
  const words = atPath ?? systemWords[cause.code ?? ""] ?? cause.message;
  return new CommandError("ERR_HAWSER_LISTEN", `Can't listen at ${nameOfAddress(address)}: ${words}.`, {
    cause,
  });
}

const systemWords: Readonly<Record<string, string>> = {
  EADDRINUSE: "another program listens there (EADDRINUSE); choose another, or port 0 for any that is free",
  EACCES: "the system does not allow it (EACCES); ports below 1024 are not for everyone",
  EADDRNOTAVAIL: "this machine does not have that address (EADDRNOTAVAIL)",
  ENOTFOUND: "there is no host of that name (ENOTFOUND)",
};

/** What is wrong with a unix socket's path. The system gives EACCES for a folder that is missing, too. */
async function pathWords(path: string, code: string | undefined): Promise<string | undefined> {
  if (code === "EADDRINUSE") {
    const isSocket = await lstat(path).then(
      (found) => found.isSocket(),
      () => true,
    );
    return isSocket
      ? "another program listens there (EADDRINUSE); choose another path"
      : "something else has that name, and is left as it is (EADDRINUSE); choose another path";
  }
  if (code !== "EACCES" && code !== "ENOENT") return undefined;
  const isMissing = await lstat(dirname(path)).then(
    () => false,
    (error: NodeJS.ErrnoException) => error.code === "ENOENT",
  );
  return isMissing
    ? "there is no folder to make the socket in (ENOENT); check the path"
    : `the system does not allow it (${code}); sockets are made where you may make files`;
}
