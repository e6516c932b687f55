import { bytesOf } from "../arguments.ts";
import { type LiveSession, wipeLiveSession } from "../channel/live-session.ts";
import type { ChannelOptions } from "../channel/options.ts";
import { requireKnown } from "../channel/options-known.ts";
import { checkSettings, type Settings } from "../channel/settings.ts";
import { defaultDrainBytes, defaultDrainTimeout, defaultHandshakeTimeout, maxRecordBody } from "../limits.ts";
import type { Output } from "../output.ts";
import { UsageError } from "../usage-error.ts";
import { decodeSession, type SavedSession } from "./blob.ts";
import { SessionBlobError } from "./blob-error.ts";
import { ImportedChannel } from "./imported-channel.ts";
import { SeenBlobs } from "./seen.ts";

/**
 * What the session goes on with. Policies do not travel: padding, liveness, the size of records and the drain's bounds are
 * those of who has the session.
 */
export type ImportOptions = Omit<ChannelOptions, "handshakeTimeout">;

/** A channel that goes on, and what was under way: to be carried out first, as the outputs of any call. */
export interface ImportedSession {
  readonly channel: ImportedChannel;
  /** The state in which the session was left. */
  readonly left: LiveSession["state"];
  readonly outputs: Output[];
}

/** All blobs that this process has imported: in Node each thread with a heap of its own counts as one. */
export const seenHere = new SeenBlobs();

/**
 * Makes a channel of what {@link exportSession} gave. The blob is wiped, whatever comes of it; it makes one channel, once.
 *
 * @param seen what the process has imported; only a test has more than one process in it
 * @throws SessionBlobError for what is no blob, or one that was imported before
 * @throws UsageError for options that make no sense; the blob is as it was then
 */
export function importSession(
  blob: Uint8Array,
  options: ImportOptions,
  seen: SeenBlobs = seenHere,
): ImportedSession {
  return holdSession(blob, options, seen).goOn();
}

/** A session that nobody else can import any more in this process, and that does nothing yet. */
export class HeldSession {
  readonly #settings: Settings;
  #session: SavedSession | undefined;

  /** @internal */
  constructor(settings: Settings, session: SavedSession) {
    this.#settings = settings;
    this.#session = session;
  }

  /** @throws UsageError when it was called before, or the session was dropped */
  goOn(): ImportedSession {
    const session = this.#session;
    if (session === undefined) throw new UsageError("this session has been taken on, or dropped");
    try {
      const channel = new ImportedChannel(this.#settings, session);
      return { channel, left: session.live.state, outputs: channel.goOn(session) };
    } finally {
      this.drop();
    }
  }

  /** Forgets the session. What it had delivered is wiped with the keys, unless it was given to the application. */
  drop(): void {
    if (this.#session !== undefined) wipeLiveSession(this.#settings.primitives, this.#session.live);
    this.#session = undefined;
  }
}

/**
 * The first half of {@link importSession}: reads a blob, wipes it, and seals nothing before {@link HeldSession.goOn}.
 */
export function holdSession(
  blob: Uint8Array,
  options: ImportOptions,
  seen: SeenBlobs = seenHere,
): HeldSession {
  const bytes = bytesOf("a session's blob", blob);
  const settings = checkSettings(options, defaults);
  requireKnown("importSession", options, importNames);
  try {
    const session = decodeSession(settings.primitives, bytes);
    const sighting = seen.claim(session.name);
    if (sighting === "fresh") return new HeldSession(settings, session);
    wipeLiveSession(settings.primitives, session.live);
    throw new SessionBlobError(sighting); // TR-031, TR-032
  } finally {
    settings.primitives.wipe(bytes); // TR-013
  }
}

const defaults = {
  handshakeTimeout: defaultHandshakeTimeout,
  drainTimeout: defaultDrainTimeout,
  drainBytes: defaultDrainBytes,
  recordSize: maxRecordBody,
} as const;

const importNames = {
  primitives: true,
  randomBytes: true,
  now: true,
  drain: true,
  liveness: true,
  padding: true,
  recordSize: true,
  memory: true,
} satisfies Record<keyof ImportOptions, true>;
