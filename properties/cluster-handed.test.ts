/**
 * Why: who gives a worker a connection and who sends its descriptor are different processes, of which one may be taken over. When it
 * comes that the key is let in no more can be chosen by that one, so it must not matter.
 */
import { once } from "node:events";
import { Socket } from "node:net";
import { expect, it } from "vitest";
import { CreditReader, type CreditType } from "../src/cluster/credits.ts";
import { DescriptorSender } from "../src/cluster/descriptor-pipe.ts";
import { frame } from "../src/cluster/frames.ts";
import { openLane } from "../src/cluster/lane.ts";
import { offerFrame } from "../src/cluster/offer.ts";
import { startWorker } from "../src/cluster/programs.ts";
import type { Handle } from "../src/net/handoff-handle.ts";
import { detach, type HawserSocket } from "../src/net/index.ts";
import { whoseSession } from "../src/protocol/transfer/blob.ts";
import { failureOf } from "./cluster/keyed-scene.ts";
import { bundled, openFolder } from "./cluster/scene.ts";
import { afterwards, joinIn, serve, until } from "./net/loopback.ts";

const id = 7;

/** A worker with this process for its acceptor, and for another that gives it connections. */
async function worker() {
  const module = await bundled("echo-worker", openFolder());
  const { child, pipes } = startWorker({ module, permissions: false }, 0, [[99, 1, false]]);
  afterwards(() => child.kill("SIGKILL"));
  const [link, credits, , end] = pipes as unknown as [Handle, Handle, Handle, Handle];
  const said: CreditType[] = [];
  const listen = (socket: Socket) => {
    const reader = new CreditReader();
    socket.on("data", (bytes) => reader.read(bytes, (type) => said.push(type) > 0));
  };
  const lane = openLane(end);
  listen(lane);
  listen(new Socket({ handle: credits, readable: true, writable: false } as never));
  await until(() => said.includes("Ready"));
  return { acceptor: new DescriptorSender(link), lane, said };
}

const orders = [
  ["End", "Offer", "Go", "Hand"],
  ["Offer", "End", "Go", "Hand"],
  ["Offer", "Go", "End", "Hand"],
  ["Offer", "Go", "Hand"],
  ["Offer", "Hand", "Go"],
] as const;

it.each(orders.map((order) => [order.join(", "), order] as const))(
  "KT-049 TR-059: a connection that is to end ends with not_authorized: %s",
  async (_, order) => {
    const { acceptor, lane, said } = await worker();
    const server = await serve(() => undefined);
    const accepted = once(server, "connection");
    const client = await joinIn(server);
    client.on("error", () => undefined);
    const [socket] = (await accepted) as [HawserSocket];
    const { blob, handle } = await detach(socket);
    const whose = whoseSession(blob);
    const steps = {
      End: () => acceptor.send(frame("End", id)),
      Offer: () => lane.write(offerFrame(id, new Uint8Array(0), blob)),
      Go: () => lane.write(frame("Go", id)),
      Hand: () => acceptor.send(frame("Hand", id, Uint8Array.of(1), whose), handle),
    };
    for (const step of order) {
      steps[step]();
      if (step === "Offer") await until(() => said.includes("Ack"));
      else await new Promise((resolve) => setTimeout(resolve, 30));
    }
    expect(await failureOf(client)).toMatch(/not_authorized/);
    await until(() => said.filter((type) => type === "Done").length === 2); // To who gave it, and to the acceptor.
    handle.close();
  },
);
