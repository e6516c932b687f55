/** Why: the event loop tells an end of file where data and a reset arrive together, and half a file would look whole. */
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { PlainEnd } from "./plain-end.ts";

const opened: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

/** Both ends of a connection: the one that is watched, the other to do things with. */
async function pair(path?: string): Promise<{ watched: Socket; other: Socket }> {
  const server: Server = createServer({ allowHalfOpen: true, pauseOnConnect: true });
  await once(path === undefined ? server.listen(0, "127.0.0.1") : server.listen(path), "listening");
  const address = server.address() as { port: number };
  const watched = connect(
    path === undefined
      ? { port: address.port, host: "127.0.0.1", allowHalfOpen: true }
      : { path, allowHalfOpen: true },
  );
  const [[other]] = (await Promise.all([once(server, "connection"), once(watched, "connect")])) as [
    [Socket],
    unknown,
  ];
  other.on("error", () => undefined);
  opened.push(
    () => server.close(),
    () => watched.destroy(),
    () => other.destroy(),
  );
  return { watched, other };
}

/** What a plain end tells, until it is closed or has told its end. */
function watch(socket: Socket): { end: PlainEnd; told: Promise<{ data: string; how: unknown }> } {
  let data = "";
  let finish: (how: unknown) => void = () => undefined;
  const told = new Promise<{ data: string; how: unknown }>((resolve) => {
    finish = (how) => resolve({ data, how });
  });
  const end = new PlainEnd(socket, {
    data: (bytes) => {
      data += Buffer.from(bytes).toString();
    },
    ended: () => finish("ended"),
    wrote: () => undefined,
    writeFailed: () => undefined,
    failed: (cause) => finish((cause as NodeJS.ErrnoException | undefined)?.code ?? "closed"),
  });
  return { end, told };
}

const data = "half a file";

/** Sends data and breaks off while the watched end is not looking, so that both are there when it looks. */
function sendAndBreak(other: Socket): Promise<void> {
  return new Promise((done) => {
    other.write(data, () => {
      other.resetAndDestroy();
      // The watched end's turn of the event loop is after this one.
      done();
    });
  });
}

describe("the end of a plain connection", () => {
  it.each([false, true])(
    "is none where data and a reset come together (own end told: %s)",
    async (isEnded) => {
      for (let count = 0; count < 30; count++) {
        const { watched, other } = await pair();
        const { end, told } = watch(watched);
        if (isEnded) {
          end.end();
          await new Promise((done) => setTimeout(done, 5));
        }
        await sendAndBreak(other);
        end.start();
        expect(await told).toEqual({ data, how: "ECONNRESET" });
      }
    },
  );

  it.each([false, true])("is one where the other has ended (own end told: %s)", async (isEnded) => {
    const { watched, other } = await pair();
    const { end, told } = watch(watched);
    if (isEnded) end.end();
    other.end("a whole file");
    end.start();
    expect(await told).toEqual({ data: "a whole file", how: "ended" });
    const closed = once(watched, "close");
    end.end();
    other.resume();
    await closed;
    expect(watched.errored).toBeNull();
  });

  it("is none where the other end of a unix socket is closed with data unread", async () => {
    const folder = mkdtempSync(join(tmpdir(), "hawser-"));
    opened.push(() => rmSync(folder, { recursive: true }));
    const { watched, other } = await pair(join(folder, "s"));
    const { end, told } = watch(watched);
    end.write(new TextEncoder().encode("nobody reads this"));
    await new Promise((done) => setTimeout(done, 20));
    await new Promise((done) => other.write(data, done));
    other.destroy();
    await once(other, "close");
    end.start();
    expect(await told).toEqual({ data, how: "ECONNRESET" });
  });
});
