import type { Connection } from "../contenders/contender.ts";
import { Checker, Pattern } from "./pattern.ts";
import { type ClientSide, type ServerSide, unexpectedEnd } from "./work.ts";

/** Bytes that cross before the clock runs, and those that cross while it does. */
export interface Amounts {
  readonly warmUp: number;
  readonly measured: number;
}

/** Reads, checks, and answers with one byte when the first part has arrived, and again when all has. */
export function sink({ warmUp, measured }: Amounts): ServerSide {
  const reply = Buffer.of(1);
  const pattern = new Pattern();
  return {
    accept(connection) {
      const checker = new Checker(pattern, warmUp);
      const total = warmUp + measured;
      connection.start({
        data(bytes) {
          checker.take(bytes);
          const { position } = checker;
          if (position === warmUp || position === total) connection.write(reply);
          if (position > total) throw new Error("more has arrived than was sent");
        },
        drain: () => undefined,
        closed(error) {
          if (checker.position !== total) unexpectedEnd(error);
        },
      });
    },
  };
}

/** Writes made in a row: as many as the stream takes, or one in each turn of the event loop. */
export type Pace = "burst" | "turn";

/** Writes `size` bytes at a time, and waits for the server's byte. */
export async function source(
  connect: () => Promise<Connection>,
  size: number,
  { warmUp, measured }: Amounts,
  pace: Pace = "burst",
): Promise<ClientSide> {
  const writes = new Pattern().writes(size);
  const connection = await connect();
  let sent = 0;
  let wanted = 0;
  let arrived = (): void => undefined;
  const pump = () => {
    while (sent < wanted) {
      const write = writes[sent++ % writes.length] as Buffer;
      if (!connection.write(write)) return;
      if (pace === "turn") {
        setImmediate(pump);
        return;
      }
    }
  };
  connection.start({ data: () => arrived(), drain: pump, closed: unexpectedEnd });
  const send = (bytes: number) =>
    new Promise<void>((resolve) => {
      arrived = resolve;
      wanted += bytes / size;
      pump();
    });
  await send(warmUp);
  return {
    async measure() {
      const start = performance.now();
      await send(measured);
      return { milliseconds: performance.now() - start };
    },
  };
}
