import type { LocalKeyHolder } from "../keys/index.ts";
import { readKeyFile } from "../net/index.ts";
import { usageError } from "./errors.ts";

/**
 * The key pair that `--key` names.
 *
 * @throws CommandError ERR_HAWSER_USAGE where it names none, KeyError for a file that is not one's key file
 */
export async function readOwnKey(path: string | undefined): Promise<LocalKeyHolder> {
  if (path === undefined) {
    throw usageError(
      "--key FILE is missing: the file of your own key pair. To make one: hawser keygen -o my.key",
    );
  }
  if (path === "-") {
    throw usageError("Standard input carries the data here, so the key can't come from it: name a file.");
  }
  return readKeyFile(path);
}
