import { type HandshakeInfo, type HawserServerOptions, openAuthorizedKeys, readKeyFile } from "hawser";
import { readConduct, report } from "./hold.ts";
import { connectionOptions } from "./receive.ts";
import { seen, strangersOut } from "./words.ts";

/** The files that who makes handshakes reads. */
export interface DoorFiles {
  readonly keyFile: string;
  readonly authorizedKeysFile: string;
  /** How the next client is treated. */
  readonly conductFile: string;
}

/** What the server is made with, in whichever process makes the handshakes: its key, and whom it lets in. */
export async function serverOptions(files: DoorFiles): Promise<HawserServerOptions> {
  const authorized = await openAuthorizedKeys(files.authorizedKeysFile);
  return {
    ...connectionOptions,
    keyPair: await readKeyFile(files.keyFile),
    async authorize(publicKey) {
      const { letAnybodyIn } = readConduct(files.conductFile);
      if (letAnybodyIn || (await authorized.lookup(publicKey)) !== undefined) return true;
      return { code: "not_authorized", message: strangersOut };
    },
  };
}

/** Reports a client that was not let in. */
export function turnedAway({ conductFile }: DoorFiles, error: Error, info: HandshakeInfo): void {
  report(readConduct(conductFile), { bytes: 0, publicKey: info.remotePublicKey, error: seen(error) });
}
