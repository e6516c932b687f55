/**
 * Workers of which the last is taken over, or the last two, which collude: they use their ways to the others as their clients
 * say. The others serve.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { type CreditType, credit, creditLength, creditTypes } from "../../src/cluster/credits.ts";
import { frame } from "../../src/cluster/frames.ts";
import { type LaneAtStart, laneDescriptors } from "../../src/cluster/lane.ts";
import { offerFrame } from "../../src/cluster/offer.ts";
import { runWorker } from "../../src/cluster/worker.ts";
import { detach, type HawserSocket } from "../../src/net/index.ts";
import { sharedPrimitives } from "../../src/net/primitives.ts";

/** What a client says: to worker 0 and so on, or to the last one. */
export type Line =
  | { readonly do: "echo" }
  | { readonly do: "pass"; readonly to: number }
  | { readonly do: Attack; readonly to: number };

const [lastSlot = "", python = "", alone = "alone"] = process.argv.slice(2);
const ownSlot = process.env["HAWSER_CLUSTER_SLOT"];
const hostileSlots = [lastSlot, ...(alone === "alone" ? [] : [`${Number(lastSlot) - 1}`])];
const isHostile = hostileSlots.includes(`${ownSlot}`);
const lanes: readonly LaneAtStart[] = JSON.parse(process.env["HAWSER_CLUSTER_LANES"] ?? "[]");
if (isHostile) delete process.env["HAWSER_CLUSTER_LANES"];

interface Lane {
  readonly fd: number;
  readonly number: number;
  readonly bytes: Socket;
  /** What is said next over it. */
  heard(): Promise<Uint8Array>;
}

function laneTo(slot: number): Lane {
  const at = lanes.findIndex(([, other, gives]) => other === slot && gives);
  const fd = laneDescriptors.first + at;
  const bytes = new Socket({ fd });
  bytes.on("error", () => undefined);
  return { fd, bytes, number: lanes[at]?.[0] ?? 0, heard: async () => (await once(bytes, "data"))[0] };
}

/** The number in an Offer, or in what it is told to be. */
function idOf(bytes: Uint8Array, at = 1): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(at);
}

function isCredit(bytes: unknown, type: CreditType): bytes is Uint8Array {
  return bytes instanceof Uint8Array && bytes.length === creditLength && bytes[0] === creditTypes[type];
}

/** The way to the acceptor, and the last of its connections that it was given. */
let acceptor: Socket | undefined;
let lastId = 0;
const kept: unknown[] = [];
/** What it has passed on it does not say to be over, as the program below does. */
let isDoneSaid = true;
/** What the other that is taken over gives it, it gives back. Workers of one start have numbers in a row. */
const accompliceSlot = hostileSlots.find((slot) => slot !== ownSlot);
const first = lanes.find(([, slot, gives]) => gives && slot === 0)?.[0] ?? 0;
const accomplice = accompliceSlot === undefined ? undefined : first + Number(accompliceSlot);
const { write } = Socket.prototype;
Socket.prototype.write = function (this: Socket, bytes: unknown, ...more: never[]) {
  if (isCredit(bytes, "Ack")) {
    acceptor = this;
    lastId = idOf(bytes, 4);
  }
  if (isHostile && accomplice !== undefined && isCredit(bytes, "Lost")) {
    return write.call(this, credit("Pass", idOf(bytes, 4), accomplice) as never, ...more);
  }
  if (!isDoneSaid && isCredit(bytes, "Done")) return true;
  return write.call(this, bytes as never, ...more);
} as typeof write;

const id = 0x1234_5678;
const note = new TextEncoder().encode("of another");

/** An Offer that is as it has to be, of the client's own connection. */
async function offered(lane: Lane, client: HawserSocket): Promise<void> {
  const { blob } = await detach(client);
  lane.bytes.write(offerFrame(id, note, blob));
  await lane.heard();
}

/** What is written comes with sixty descriptors of a kind. */
function withDescriptors({ fd }: Lane, kind: string): Promise<unknown> {
  const program = `
import array, os, socket
pipe = socket.socket(fileno=3)
kinds = {"files": lambda: os.open("/dev/null", os.O_RDONLY), "sockets": lambda: socket.socketpair()[0].detach()}
fds = array.array("i", [kinds["${kind}"]() for _ in range(60)])
for i in range(5):
    try: pipe.sendmsg([b"\\xff" * 20], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, fds)])
    except OSError: pass`;
  return once(spawn(python, ["-c", program], { stdio: ["ignore", "inherit", "inherit", fd] }), "exit");
}

export type Attack = keyof typeof attacks;
const attacks = {
  "no frame": async ({ bytes }: Lane) => void bytes.write(new Uint8Array(300_000).fill(0xff)),
  "another frame": async ({ bytes }: Lane) => void bytes.write(frame("Hand", 1, note)),
  "an Offer of sixteen megabytes": async ({ bytes }: Lane) => {
    bytes.write(Uint8Array.of(1, 0, 0, 0, 1, 1, 0, 0, 0));
    for (let i = 0; i < 100; i++) bytes.write(new Uint8Array(65_536));
  },
  "a blob that is none": async ({ bytes }: Lane) =>
    void bytes.write(offerFrame(id, note, new Uint8Array(500))),
  "a note without an end": async ({ bytes }: Lane) =>
    void bytes.write(frame("Offer", id, new Uint8Array(4).fill(255))),
  "Go before an Offer": async ({ bytes }: Lane) => void bytes.write(frame("Go", id)),
  "Go of another": async (lane: Lane, client: HawserSocket) => {
    await offered(lane, client);
    lane.bytes.write(frame("Go", id + 1));
  },
  "two Offers": async (lane: Lane, client: HawserSocket) => {
    await offered(lane, client);
    lane.bytes.write(offerFrame(id + 1, note, new Uint8Array(500)));
  },
  "an Offer without Go": async (lane: Lane, client: HawserSocket) => void (await offered(lane, client)),
  "what it never had": async (lane: Lane, client: HawserSocket) => {
    await offered(lane, client);
    lane.bytes.write(frame("Go", id));
  },
  "what it never had, and its end": async (lane: Lane, client: HawserSocket) => {
    await offered(lane, client);
    lane.bytes.write(frame("Go", id), () => process.exit(1));
  },
  /** Its own, which it has, with the public key of somebody else. */
  "a session in another's name": async (lane: Lane, client: HawserSocket) => {
    isDoneSaid = false;
    const { blob } = await detach(client);
    blob.fill(7, 37, 37 + 32);
    const end = blob.length - 32;
    blob.set((await sharedPrimitives()).blake2b(blob.subarray(0, end)).subarray(0, 32), end);
    lane.bytes.write(offerFrame(lastId, note, blob));
    await lane.heard();
    acceptor?.write(credit("Pass", lastId, lane.number));
    lane.bytes.write(frame("Go", lastId));
  },
  /** All of them at once, of one that is there already: there is no room for it. */
  "a hundred thousand Offers": async (lane: Lane, client: HawserSocket) => {
    isDoneSaid = false;
    const { blob } = await detach(client);
    lane.bytes.write(offerFrame(lastId, note, blob));
    await lane.heard();
    acceptor?.write(credit("Pass", lastId, lane.number));
    lane.bytes.write(frame("Go", lastId));
    await lane.heard();
    const offer = offerFrame(lastId, new Uint8Array(0), new Uint8Array(0));
    const many = Buffer.concat(Array.from({ length: 1_000 }, () => offer));
    for (let i = 0; i < 100; i++) lane.bytes.write(many);
  },
  "sixty files": async (lane: Lane) => void (await withDescriptors(lane, "files")),
  "sixty sockets": async (lane: Lane) => void (await withDescriptors(lane, "sockets")),
  /** Its own, but it has offered it to nobody. */
  "what nobody was offered": async ({ number }: Lane) => void acceptor?.write(credit("Pass", lastId, number)),
  /** Its own, whose descriptor it keeps. */
  "what it keeps": async ({ number }: Lane, client: HawserSocket) => {
    isDoneSaid = false;
    kept.push(await detach(client));
    acceptor?.write(credit("Pass", lastId, number));
  },
  "doubts without end": async () => {
    const doubt = credit("Doubt", 0xab_cdef);
    acceptor?.write(Buffer.concat(Array.from({ length: 1_000 }, () => doubt)));
  },
  "what goes to nobody": async () => void acceptor?.write(credit("Pass", lastId, 0xabcdef)),
} as const;

/** What it answers to Offers, by who offers: nothing but to the first of them. */
const answers: readonly ((offer: Uint8Array) => Uint8Array)[] = [
  () => new Uint8Array(8),
  () => credit("Done", 0),
  (offer) => Buffer.concat([credit("Ack", idOf(offer)), credit("Ack", idOf(offer))]),
  (offer) => Buffer.concat([credit("Refuse", idOf(offer)), credit("Refuse", idOf(offer))]),
];
if (isHostile) {
  lanes.forEach(([, slot, gives], i) => {
    if (gives) return;
    const bytes = new Socket({ fd: laneDescriptors.first + i });
    bytes.on("error", () => undefined);
    bytes.once("data", (offer: Uint8Array) => bytes.write(answers[slot]?.(offer) ?? new Uint8Array(0)));
  });
}

await runWorker(
  (socket, given, _report, passOn) => {
    socket.on("end", () => socket.end());
    if (given === "of another") return void socket.write("served");
    socket.once("data", async (bytes: Buffer) => {
      const line: Line = JSON.parse(String(bytes));
      if (line.do === "echo") {
        socket.on("data", (more: Buffer) => {
          if (!socket.write(more)) socket.pause();
        });
        socket.on("drain", () => socket.resume());
        socket.write("ready");
      } else if (line.do === "pass") {
        socket.pause();
        await passOn(socket, { worker: line.to }).catch((error) => error.socket?.end(error.code));
      } else {
        if (!isHostile) throw new Error("this is another worker");
        socket.pause();
        await attacks[line.do](laneTo(line.to), socket);
        await sleep(100);
      }
    });
  },
  { allowHalfOpen: true },
);
