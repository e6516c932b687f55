import { loadPrimitives } from "../crypto/index.ts";
import { type LocalKeyHolder, localKeyHolder, readSecretKeyFile } from "../keys/index.ts";
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
  return readKeyPair(path);
}

/** @param stdin what `-` reads */
export async function readKeyPair(
  path: string,
  stdin?: AsyncIterable<Uint8Array | string>,
): Promise<LocalKeyHolder> {
  const [primitives, secretKey] = await Promise.all([
    loadPrimitives(),
    readSecretKeyFile(path, stdin === undefined ? {} : { stdin }),
  ]);
  try {
    return localKeyHolder(primitives, secretKey);
  } finally {
    secretKey.fill(0);
  }
}
