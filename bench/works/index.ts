import { bulk } from "./bulk.ts";
import { crowd } from "./crowd.ts";
import { concurrentHandshakes, firstHandshakes, handshakes } from "./handshakes.ts";
import { idleMemory } from "./idle-memory.ts";
import { messages, turnMessages } from "./messages.ts";
import { rekey } from "./rekey.ts";
import { roundTrips } from "./round-trips.ts";
import { transfers } from "./transfers.ts";
import type { Work } from "./work.ts";

/** All there are, in the order of the tables. */
export const works: readonly Work[] = [
  bulk,
  firstHandshakes,
  handshakes,
  concurrentHandshakes,
  roundTrips,
  messages,
  turnMessages,
  idleMemory,
  transfers,
  crowd,
  rekey,
];
