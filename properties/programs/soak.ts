/**
 * `npm run soak -- MINUTES`: a tunnel under connections of many kinds, twenty minutes unless told otherwise; memory and
 * descriptors of both ends are sampled, and judged by the rule of soak-judgement.ts. HAWSER_SOAK_RATE is how many
 * connections begin in a second (20).
 */
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { get, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { setTimeout as pause } from "node:timers/promises";
import { until } from "./children.ts";
import { allowances, type Course, findings, inMebibytes, medians, type Reading } from "./soak-judgement.ts";
import { kinds, openService, type Places } from "./soak-load.ts";
import { type End, openScene, type Tunnel } from "./tunnel.ts";

const minutes = Number(process.argv[2] ?? 20);
const rate = Number(process.env["HAWSER_SOAK_RATE"] ?? 20);
if (!(minutes > 0) || !(rate > 0)) throw new Error("npm run soak -- MINUTES: a number above 0");

/** As many samples as tell a trend. */
const interval = Math.max(500, (minutes * 60_000) / 600);
const reloadInterval = 10_000;
/** Connections that stand ready. */
const poolSize = 4;

/** A series of Prometheus's text by its name; several by their sum. */
async function metric(url: string, ...names: string[]): Promise<number> {
  // On a connection of its own, that is over when the answer is there.
  const [response] = (await once(get(url, { agent: false }), "response")) as [IncomingMessage];
  const body = await text(response);
  const values = names.map((name) => new RegExp(`^${name} (\\S+)$`, "m").exec(body)?.[1]);
  if (values.includes(undefined)) throw new Error(`${names} is not among the metrics`);
  return values.reduce((sum, value) => sum + Number(value), 0);
}

/** A process as it is watched from outside. */
class Watched {
  readonly name: string;
  readonly #pid: number;
  readonly #metrics: string;

  private constructor(name: string, pid: number, metrics: string) {
    this.name = name;
    this.#pid = pid;
    this.#metrics = metrics;
  }

  static async of(name: string, end: End): Promise<Watched> {
    const { url = "" } = await end.said("metrics");
    return new Watched(name, end.program.pid, url);
  }

  async read(): Promise<Reading> {
    // The descriptor of the question itself is not counted: it is asked first.
    const heap = await metric(this.#metrics, "nodejs_heap_size_used_bytes", "nodejs_external_memory_bytes");
    const status = readFileSync(`/proc/${this.#pid}/status`, "utf8");
    const rss = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
    return { rss, heap, descriptors: readdirSync(`/proc/${this.#pid}/fd`).length };
  }

  connections(): Promise<number> {
    return metric(this.#metrics, "hawser_connections");
  }

  /**
   * Once as many connections are open as when nothing happens. Descriptors go later than what they were for: who sends
   * what is no handshake is listened to for some seconds.
   */
  async settled(atRest: number): Promise<Reading> {
    const isQuiet = async () => (await this.connections()) === atRest;
    await until(`${atRest} connections at ${this.name}`, isQuiet, 60_000);
    let least = await this.read();
    for (let times = 0; times < 60; times++) {
      await pause(250);
      const now = await this.read();
      if (now.descriptors < least.descriptors) least = now;
    }
    return least;
  }
}

/** How many connections of each kind were made, and what went wrong in them. */
class Made {
  readonly counts = new Map<string, number>();
  readonly faults: string[] = [];
  readonly #open = new Set<Promise<void>>();

  begin(kind: string, places: Places): void {
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
    const made = kinds[kind]?.(places)
      .catch((error: Error) => void this.faults.push(`${kind}: ${error.message}`))
      .finally(() => this.#open.delete(made as Promise<void>));
    this.#open.add(made as Promise<void>);
  }

  get open(): number {
    return this.#open.size;
  }

  /** All are over. */
  async over(): Promise<void> {
    await until(`no connections, of ${this.open}`, () => this.open === 0, 60_000);
  }
}

/** A connection now and then, of kinds in turn, but no more at once than a slow machine can bear. */
async function load(made: Made, places: Places, tunnel: Tunnel, end: number): Promise<void> {
  const names = Object.keys(kinds);
  let reloadAt = performance.now() + reloadInterval;
  for (let turn = 0; performance.now() < end; turn++) {
    if (made.open < 20 * rate) made.begin(names[turn % names.length] as string, places);
    if (performance.now() > reloadAt) {
      reloadAt += reloadInterval;
      tunnel.serve.program.child.kill("SIGHUP");
      tunnel.forward.program.child.kill("SIGHUP");
    }
    await pause(1_000 / rate);
  }
}

async function soak(tunnel: Tunnel): Promise<string[]> {
  const { url = "" } = await tunnel.serve.said("listening");
  const places = { near: tunnel.port, far: Number(/:(\d+)$/.exec(url)?.[1]) };
  const ends = [await Watched.of("serve", tunnel.serve), await Watched.of("forward", tunnel.forward)];
  const made = new Made();
  for (const kind of Object.keys(kinds)) made.begin(kind, places);
  await made.over();
  const atRest = [poolSize, 0];
  const before = await Promise.all(ends.map((end, index) => end.settled(atRest[index] as number)));
  const during = ends.map((): Reading[] => []);
  const finish = performance.now() + minutes * 60_000;
  const loading = load(made, places, tunnel, finish);
  while (performance.now() < finish) {
    const readings = await Promise.all(ends.map((end) => end.read()));
    for (const [index, reading] of readings.entries()) during[index]?.push(reading);
    await pause(interval);
  }
  await loading;
  await made.over();
  const after = await Promise.all(ends.map((end, index) => end.settled(atRest[index] as number)));
  console.log(`${minutes} minutes, ${rate} connections begun a second; samples every ${interval} ms`);
  for (const [kind, count] of made.counts) console.log(`${String(count).padStart(7)}  ${kind}`);
  const found = ends.flatMap(({ name }, index) => {
    const course: Course = {
      before: before[index] as Reading,
      during: during[index] as Reading[],
      after: after[index] as Reading,
    };
    for (const of of ["rss", "heap"] as const) {
      const values = [course.before[of], ...medians(course, of), course.after[of]].map(inMebibytes);
      const { share, bytes } = allowances[of];
      const may = `${share * 100} % and ${inMebibytes(bytes)} are allowed`;
      console.log(`${name}, ${of}: ${values.join(", ")} (before; second third, last third: ${may}; after)`);
    }
    const most = Math.max(...course.during.map(({ descriptors }) => descriptors));
    const [first, last] = [course.before.descriptors, course.after.descriptors];
    console.log(`${name}, descriptors: ${first} before, up to ${most}, ${last} after`);
    return findings(name, course);
  });
  return [...made.faults, ...found];
}

const service = await openService();
const [scene, close] = await openScene();
try {
  const common = ["--metrics", "0", "--idle-timeout", "60"];
  const tunnel = await scene.tunnel(`127.0.0.1:${service.port}`, {
    serve: common,
    forward: [...common, "--pool", String(poolSize)],
  });
  const faults = await soak(tunnel);
  for (const fault of faults) console.error(fault);
  console.log(faults.length === 0 ? "flat" : `${faults.length} faults`);
  process.exitCode = faults.length === 0 ? 0 : 1;
} finally {
  await close();
  service.server.close();
  for (const socket of service.sockets) socket.destroy();
}
