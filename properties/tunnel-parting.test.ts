/** Why: a program says goodbye to a service that has died; nobody is there to hear it, and nothing is left to wait for. */
import { once } from "node:events";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { inFolder } from "./cli/in-process.ts";
import { hear, plainServer, tunnel } from "./tunnel/scene.ts";

/** How many connections: what was wrong came with one in several. */
const count = 40;

describe("a service that is gone before the program has said goodbye", () => {
  it.each([1, 2, 3])("leaves nothing behind at either end, after %i last words", (words) =>
    inFolder(async (folder) => {
      const { to } = await plainServer(
        (socket) => {
          // At once, and whatever comes: as the system closes the sockets of a process that was killed.
          socket.once("data", () => socket.destroy());
        },
        join(folder, "service"),
      );
      const { local, server, client, serverTold, clientTold } = await tunnel(to);
      const part = async () => {
        const near = await local();
        const { heard } = hear(near);
        near.write("hello");
        await heard;
        for (let index = 0; index < words; index++) near.write("goodbye");
        near.end();
        await once(near, "close");
      };
      const start = performance.now();
      await Promise.all(Array.from({ length: count }, part));
      await serverTold.next("connectionClosed", count - 1);
      await clientTold.next("connectionClosed", count - 1);
      // Far less than what is waited for whom nobody hears any more (5 s).
      expect(performance.now() - start).toBeLessThan(4_000);
      expect([...server.status(), ...client.status()]).toEqual([]);
    }),
  );
});
