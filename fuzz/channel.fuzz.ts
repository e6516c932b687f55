import { ClientChannel } from "../src/protocol/index.ts";
import { type Clock, newClient, newServer } from "./support/end.ts";
import { Input } from "./support/input.ts";
import { serverKey } from "./support/keys.ts";
import { Side } from "./support/side.ts";

/**
 * How both ends are made: the handshake is over when the steps begin (bit 0), liveness (bit 1), padding (bit 2), small
 * records (bit 3), first use (bit 4). Then steps, a byte each, and what it needs: the lowest bit says whose, the client's
 * or the server's, the next four what.
 */
export const lengths = { usual: 96, longest: 2_048 };

/** Ends every run in bounded time, whatever its input. */
const maxSteps = 200;

/**
 * Two honest ends and what lies between them. What one delivers is always a beginning of what the other wrote, an end of
 * data is told when all of it has come, every run keeps the rules of any run; and where nobody gives up, alters or cuts,
 * nothing fails and everything arrives.
 */
export function fuzz(data: Uint8Array): void {
  const input = new Input(data);
  const flags = input.u8();
  const clock: Clock = { now: 0 };
  const options = {
    ...((flags & 2) === 0 ? {} : { liveness: { pingAfter: 10, timeout: 30 } }),
    ...((flags & 4) === 0 ? {} : { padding: "padme" as const }),
    ...((flags & 8) === 0 ? {} : { recordSize: 1_000 }),
  };
  const expected = (flags & 16) === 0 ? { serverKey: serverKey.publicKey } : {};
  const client = new Side(newClient({ ...options, ...expected }, clock));
  const server = new Side(newServer(options, clock));
  client.try((channel) => (channel instanceof ClientChannel ? channel.start() : []));
  if ((flags & 1) !== 0) settle(client, server);
  let isPeaceful = true;
  for (let steps = 0; input.left > 0 && steps < maxSteps; steps++) {
    const kind = input.u8();
    const [own, peer] = (kind & 1) === 0 ? [client, server] : [server, client];
    isPeaceful = step((kind >> 1) & 15, own, peer, input, clock) && isPeaceful;
  }
  if (isPeaceful) {
    settle(client, server);
    client.checkArrived(server);
    server.checkArrived(client);
  }
  client.checkDelivered(server);
  server.checkDelivered(client);
  client.end.checkTrace();
  server.end.checkTrace();
  client.end.checkMemory(data);
  server.end.checkMemory(data);
}

/** Delivers everything to and fro until both are silent, letting everybody in. */
function settle(client: Side, server: Side): void {
  for (let quiet = false; !quiet; ) {
    const before = client.end.outputs.length + server.end.outputs.length;
    for (const [own, peer] of [[client, server] as const, [server, client] as const]) {
      own.letIn();
      own.flush();
      peer.receive(own.wire, own.wire.length);
    }
    quiet = client.end.outputs.length + server.end.outputs.length === before;
  }
}

/** One step of a side; whether it leaves the peace: nothing altered, cut or given up, no clock that runs out. */
function step(kind: number, own: Side, peer: Side, input: Input, clock: Clock): boolean {
  switch (kind) {
    case 0:
      own.write(input.string());
      return true;
    case 1:
      own.write(new Uint8Array(256 * input.u8()).fill(kind));
      return true;
    case 2:
      // Before the handshake is over, this gives up.
      own.close();
      return own.channel.failure === undefined;
    case 3: {
      const body = input.take(8);
      own.try((channel) => channel.ping(body));
      return true;
    }
    case 4:
    case 5:
      own.flush();
      return true;
    case 6:
    case 7:
      own.receive(peer.wire, input.u8());
      return true;
    case 8:
      own.receive(peer.wire, peer.wire.length);
      return true;
    case 9:
      own.letIn();
      return true;
    case 10: {
      const message = Buffer.from(input.string()).toString("utf8");
      return !own.try((channel) => channel.alert("cancelled", message));
    }
    case 11:
      return !own.wire.flip(input.u16() % Math.max(1, own.wire.length), input.u8());
    case 12:
      own.wire.cut(input.u16() % (own.wire.length + 1));
      return false;
    case 13:
      return !own.wire.repeat(input.u8());
    case 14:
      clock.now += input.u8();
      own.end.take(own.channel.tick());
      return false;
    default:
      own.try((channel) => channel.transportFailed(new Error("the transport is reset")));
      return false;
  }
}
