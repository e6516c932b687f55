import { AlertError, attach } from "../net/index.ts";
import type { Giver } from "../protocol/index.ts";
import type { Watcher } from "./choice.ts";
import type { Descriptor } from "./descriptor.ts";
import type { Link } from "./link.ts";

/** A connection on its way from the acceptor to a worker. */
export interface Passage {
  readonly id: number;
  readonly giver: Giver;
  /** The client's, 32 bytes. */
  readonly publicKey: Uint8Array;
  /** What who takes it of another worker has to find in its session (TR-061). */
  readonly whose: Uint8Array;
  readonly descriptor: Descriptor;
  readonly watcher: Watcher | undefined;
  /** What the worker is told of it. */
  readonly note: Uint8Array;
  /** Where it is to go, if that can take it. */
  readonly wanted: number | undefined;
  /** Who had no room for it. */
  readonly refusedBy: Set<Link>;
  /** Whose worker has it, or is asked to. */
  holder: Link | undefined;
  /** Until an answer to its offer has to be there, or somebody that can be asked, or its end that was asked for. */
  timer: NodeJS.Timeout | undefined;
  /** The worker was told to end it. */
  isEnding: boolean;
  /** So was the one before. */
  wasEnding: boolean;
  /** Where another gave it, the worker's pipe has taken the descriptor. */
  isHanded: boolean;
}

/** Who is to be asked next: the wanted one, then whoever has least to do. */
export function nextOf(links: Iterable<Link>, { wanted, refusedBy }: Passage): Link | undefined {
  const free = [...links].filter((link) => link.isReady && !refusedBy.has(link));
  return free.find(({ slot }) => slot === wanted) ?? free.sort((a, b) => a.load - b.load)[0];
}

/** Nobody takes it: its client is told so, by this process. */
export async function refuse({ giver, descriptor }: Passage): Promise<void> {
  try {
    const socket = await attach(giver.keep(), descriptor.handle);
    socket.on("error", () => undefined);
    socket.dismiss(new AlertError("busy"));
  } catch {
    // It ended meanwhile.
  }
}
