import { lookup } from "node:dns/promises";
import net, { type AddressInfo } from "node:net";
import { constants } from "node:os";
import { resolve } from "node:path";
import type { Handle } from "../net/handoff-handle.ts";
import { takeOver } from "../net/unix-path.ts";
import { UsageError } from "../protocol/index.ts";

/** Where a cluster listens: a port, a unix socket's path, or a descriptor that is bound already. */
export type ClusterPlace =
  | { readonly host?: string; readonly port: number }
  | { readonly path: string }
  | { readonly fd: number; readonly path?: string };

/** A place that is bound and at which nobody of this process listens. */
export interface BoundPlace {
  readonly fd: number;
  readonly path: string | undefined;
  close(): void;
}

type BoundHandle = Handle & { readonly fd: number; getsockname?(out: Partial<AddressInfo>): number };
/** What Node's own `cluster` binds with: it does not listen, as the process that is given the descriptor does. */
type Bind = (
  address: string | null,
  port: number,
  addressType: number,
  fd?: number,
  flags?: number,
) => BoundHandle | number;

/** @throws Error as `listen` of `node:net` has them, such as EADDRINUSE */
export async function bindPlace(place: ClusterPlace): Promise<BoundPlace> {
  if ("fd" in place) return { fd: place.fd, path: place.path, close: () => undefined };
  if ("path" in place) return bindPath(resolve(place.path));
  const { host, port } = place;
  const found = host === undefined ? undefined : await lookup(host);
  const handle = bind(found?.address ?? null, port, found?.family ?? 4, `${host ?? "*"}:${port}`);
  return { fd: handle.fd, path: undefined, close: () => handle.close() };
}

async function bindPath(path: string): Promise<BoundPlace> {
  let handle: BoundHandle | undefined;
  const make = async () => {
    handle = bind(path, -1, -1, path);
  };
  try {
    await make();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE" || !(await takeOver(path, make))) throw error;
  }
  const bound = handle as BoundHandle;
  return { fd: bound.fd, path, close: () => bound.close() };
}

function bind(address: string | null, port: number, type: number, name: string): BoundHandle {
  const { _createServerHandle: create } = net as unknown as { _createServerHandle?: Bind };
  if (typeof create !== "function") throw new UsageError("this version of Node can't bind without listening");
  const handle = create(address, port, type, undefined, 0);
  // That a port is taken libuv keeps to itself until it is asked where the handle is; the descriptor would be bound nowhere.
  const status = typeof handle === "number" ? handle : (handle.getsockname?.({}) ?? 0);
  if (typeof handle !== "number" && status === 0) return handle;
  if (typeof handle !== "number") handle.close();
  const code = codes.get(status) ?? "EADDRNOTAVAIL";
  throw Object.assign(new Error(`bind ${code} ${name}`), { code, syscall: "bind", address: name });
}

/** libuv's numbers are the system's, negated. */
const codes = new Map(
  (["EADDRINUSE", "EACCES", "EADDRNOTAVAIL", "ENOENT", "EINVAL", "ENAMETOOLONG"] as const).map((code) => [
    -(constants.errno as Record<string, number>)[code]!,
    code,
  ]),
);
