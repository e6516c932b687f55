import { createRequire } from "node:module";
import type { Socket } from "node:net";
import { endianness } from "node:os";

/** The process at the other end of a unix socket, as it was when it connected. */
export interface PeerCredentials {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

/** Asks the system about a socket; `undefined` where it does not say. */
export type AskCredentials = (socket: Socket) => PeerCredentials | undefined;

/** Of koffi, what is used. */
interface Koffi {
  load(library: null): { func(definition: string): (...args: unknown[]) => number };
}

/** Of Linux' asm-generic/socket.h, which both systems below follow. */
const SOL_SOCKET = 1;
const SO_PEERCRED = 17;
/** `struct ucred`: three numbers of 4 bytes. */
const ucredLength = 12;

const addons: Readonly<Record<string, string>> = {
  "linux x64": "@koromix/koffi-linux-x64",
  "linux arm64": "@koromix/koffi-linux-arm64",
};

/**
 * What asks the system who has connected (`SO_PEERCRED`, unix(7)); `undefined` where that can't be asked: on other systems,
 * and where the optional addon is not installed. See docs/decisions/0014-who-is-at-a-unix-socket.md. (AG-020)
 */
export function loadPeerCredentials(): AskCredentials | undefined {
  const addon = addons[`${process.platform} ${process.arch}`];
  if (addon === undefined || endianness() !== "LE") return undefined;
  let getsockopt: (...args: unknown[]) => number;
  try {
    const koffi = createRequire(import.meta.url)(addon) as Koffi;
    const definition = "int getsockopt(int, int, int, _Out_ uint8_t *, _Inout_ uint32_t *)";
    getsockopt = koffi.load(null).func(definition);
  } catch {
    return undefined;
  }
  return (socket) => {
    const { _handle: handle } = socket as unknown as { _handle?: { fd?: number } | null };
    const fd = handle?.fd;
    if (fd === undefined || fd < 0) return undefined;
    const ucred = new Uint8Array(ucredLength);
    const length = new Uint32Array([ucredLength]);
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, ucred, length) !== 0) return undefined;
    if (length[0] !== ucredLength) return undefined;
    const view = new DataView(ucred.buffer);
    const pid = view.getInt32(0, true);
    // Nobody has the number 0; it is what a process of another namespace shows as, whose user may be told all the same.
    return { pid, uid: view.getUint32(4, true), gid: view.getUint32(8, true) };
  };
}
