import { showPath } from "../keys/errors.ts";
import { formatSecretKeyFile, writeSecretKeyFile } from "../keys/index.ts";
import { generateKeyPair } from "../net/index.ts";
import type { Log } from "./log.ts";
import { print } from "./output.ts";
import type { KeygenOptions } from "./program.ts";
import type { Surroundings } from "./surroundings.ts";

/** `hawser keygen`: to a file, or as `age-keygen` does it to standard output, with a warning where others may see it. */
export async function keygen(options: KeygenOptions, surroundings: Surroundings, log: Log): Promise<void> {
  const { output } = options;
  const keyPair = await generateKeyPair();
  try {
    if (output === undefined || output === "-") {
      await print(surroundings, formatSecretKeyFile(keyPair, new Date()));
      warnOfReaders(surroundings, log);
    } else await writeSecretKeyFile(output, keyPair);
  } finally {
    keyPair.wipe();
  }
  log.info({
    event: "key_made",
    words: `Public key: ${keyPair.publicKeyText}`,
    isBare: true,
    fields: { publicKey: keyPair.publicKeyText, file: output === "-" ? undefined : output },
  });
  if (output !== undefined && output !== "-") {
    log.info({ event: "key_kept", words: `The secret key is in ${showPath(output)}: keep it to yourself.` });
  }
}

function warnOfReaders(surroundings: Surroundings, log: Log): void {
  if (surroundings.stdout.isTTY) {
    log.warn({
      event: "secret_key_shown",
      words: "The secret key is on this screen now. To keep it in a file alone: hawser keygen -o FILE",
    });
  } else if (((surroundings.outputMode() ?? 0) & 0o077) !== 0) {
    log.warn({
      event: "secret_key_readable",
      words:
        "Others can read the file that the secret key went to, and hawser will refuse it as it is: chmod 600 it, " +
        "or make the key pair anew with: hawser keygen -o FILE",
    });
  }
}
