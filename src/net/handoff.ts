import { Socket, type SocketConstructorOpts } from "node:net";
import type { LiveSession } from "../protocol/channel/live-session.ts";
import { type ImportedSession, type ImportOptions, importSession, type Output } from "../protocol/index.ts";
import { UsageError } from "../protocol/usage-error.ts";
import { withDirectInput } from "./direct-input.ts";
import { detachHandle, type Handle, hasHandle } from "./handoff-handle.ts";
import type { Detached } from "./handoff-leave.ts";
import { opened } from "./opening.ts";
import { type ConnectionOptions, channelOptions, connectionNames, requireOptions } from "./options.ts";
import { sharedPrimitives } from "./primitives.ts";
import { HawserSocket } from "./socket.ts";

export type { Detached };

/** As for `connect` and `accept`, but for what belongs to the handshake. */
export type AttachOptions = Omit<ConnectionOptions, "handshakeTimeout">;

/**
 * Takes an open connection out of its socket, for it to go on in another process, or by another socket here, with
 * {@link attach}. What was written is handed to the transport first; what was received and not read comes along, and so do
 * bytes that were put back by `unshift()`.
 *
 * The socket is destroyed then, without an `'error'`, and the peer notices nothing. Who goes on writing, or has a peer that
 * takes nothing, keeps this waiting.
 *
 * @param options `signal` gives up as long as nothing has been taken
 * @throws UsageError for a connection that can't leave: not over a `net.Socket`, not open, with `setEncoding()`
 * @throws HawserError, or the signal's reason, where the connection ended or was kept before it left
 */
export async function detach(
  socket: HawserSocket,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<Detached> {
  for (;;) {
    signal?.throwIfAborted();
    const left = socket.leave();
    if (left !== undefined) return left;
    await unlessAborted(socket.flush(), signal);
    // What is left to be said of a write is said in a later tick.
    await new Promise((done) => setImmediate(done));
  }
}

/**
 * Goes on with a connection that has left another socket: resolves with one that is open. What was received there comes
 * first.
 *
 * @param session what {@link detach} gave, which is wiped; or the session that a `Taker` gave, made with
 * {@link importOptions} of the same options
 * @param transport the handle, as it was received from another process, or a `net.Socket` that nobody has read from
 * @throws SessionBlobError for what is no session, or one that was imported before; the transport is closed then
 * @throws UsageError for a transport that is none
 */
export async function attach(
  session: Uint8Array | ImportedSession,
  transport: Socket | Handle,
  options: AttachOptions = {},
): Promise<HawserSocket> {
  requireOptions("attach", options, attachNames);
  const primitives = await sharedPrimitives();
  const { handle, unused } = handleOf(transport);
  const stream = socketOf(handle);
  let imported: ImportedSession;
  try {
    imported =
      session instanceof Uint8Array
        ? importSession(session, channelOptions(options, primitives, stream))
        : session;
  } catch (error) {
    stream.destroy();
    throw error;
  }
  const { channel, left } = imported;
  const socket = new HawserSocket(
    {
      begin: () => ({ stream, channel, head: unused, outputs: toldAgain(imported) }),
      abandon: () => stream.destroy(),
      decide: () => Promise.reject(new Error("the handshake is over")),
    },
    options,
  );
  if (left === "HalfClosedLocal") socket.end();
  await opened(socket);
  return socket;
}

/** What a `Taker` takes sessions with, for {@link attach} to go on with. */
export async function importOptions(options: AttachOptions = {}): Promise<ImportOptions> {
  requireOptions("importOptions", options, attachNames);
  return channelOptions(options, await sharedPrimitives(), Object.create(Socket.prototype));
}

const { handshakeTimeout: _, ...attachNames } = connectionNames;

/** What a new socket has to be told besides: that it is open, and the peer's end, which was told to the one before. */
function toldAgain({ left, outputs }: ImportedSession): Output[] {
  const ended: LiveSession["state"] = "HalfClosedRemote";
  const behindData = outputs.findLastIndex(({ type }) => type === "data") + 1;
  const end: Output[] = left === ended ? [{ type: "end" }] : [];
  return [{ type: "open" }, ...outputs.slice(0, behindData), ...end, ...outputs.slice(behindData)];
}

function handleOf(transport: Socket | Handle): ReturnType<typeof detachHandle> {
  if (transport instanceof Socket) {
    if (hasHandle(transport)) return detachHandle(transport);
  } else if (typeof transport?.readStop === "function") {
    const isClosed = process.platform !== "win32" && (transport.fd ?? 0) < 0;
    if (!isClosed) return { handle: transport, unused: new Uint8Array(0) };
  }
  throw new UsageError("the transport is a handle that detach() gave, or a net.Socket that is open");
}

/** The handle as a socket again: it reads directly where Node has what that takes. */
function socketOf(handle: Handle): Socket {
  const options = { handle, allowHalfOpen: true, manualStart: true };
  const isKnown = typeof handle.useUserBuffer === "function";
  const socket = isKnown
    ? withDirectInput((onread) => new Socket({ ...options, onread } as SocketConstructorOpts))
    : new Socket(options as SocketConstructorOpts).pause();
  socket.on("error", () => undefined); // Until the driver listens.
  return socket;
}

/** Whatever comes first: what is waited for, or the signal's reason. */
async function unlessAborted(done: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return done;
  const settled = new AbortController();
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true, signal: settled.signal });
  });
  try {
    await Promise.race([done, aborted]);
  } finally {
    settled.abort();
  }
}
