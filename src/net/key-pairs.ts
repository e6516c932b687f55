import {
  type LocalKeyHolder,
  localKeyHolder,
  type ReadSecretKeyOptions,
  readSecretKeyFile,
} from "../keys/index.ts";
import { generateKeyPair as generateWith } from "../keys/portable.ts";
import { sharedPrimitives } from "./primitives.ts";

/**
 * A new key pair. Its public key is for anyone, `publicKeyText` for instance; `writeSecretKeyFile` keeps it.
 *
 *     const keyPair = await generateKeyPair();
 */
export async function generateKeyPair(): Promise<LocalKeyHolder> {
  return generateWith(await sharedPrimitives());
}

/**
 * The key pair whose secret key is in a file that `hawser keygen` or `writeSecretKeyFile` has made, or in standard
 * input where the path is `"-"`.
 *
 * @throws KeyError ERR_HAWSER_KEY_FILE_…, or a code of the key's text, with the path and where it helps the line
 */
export async function readKeyFile(path: string, options: ReadSecretKeyOptions = {}): Promise<LocalKeyHolder> {
  const [primitives, secretKey] = await Promise.all([sharedPrimitives(), readSecretKeyFile(path, options)]);
  try {
    return localKeyHolder(primitives, secretKey);
  } finally {
    secretKey.fill(0);
  }
}
