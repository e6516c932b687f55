/** One end of a run: the process that `run.ts` starts twice. */
import { works as clusterWorks } from "./cluster/works.ts";
import type { Address, Connection, Contender, Credentials } from "./contenders/contender.ts";
import { loadContender } from "./contenders/index.ts";
import { works } from "./works/index.ts";
import type { ClientSide, Figures, ServerSide, Sizes, Work } from "./works/work.ts";

/** What both ends are told first. */
export interface Assignment {
  readonly do: "start";
  readonly work: string;
  readonly contender: string;
  readonly sizes: Sizes;
  readonly own: Credentials["server"];
  /** The client's alone: where the server is. */
  readonly address?: Address;
}

export type Order = Assignment | { readonly do: "begin" } | { readonly do: "end" };

export type Report =
  | { readonly said: "ready"; readonly address?: Address }
  | { readonly said: "begun" }
  | { readonly said: "done"; readonly figures: Figures; readonly cpu: number }
  | { readonly said: "failed"; readonly reason: string };

let client: ClientSide | undefined;
let server: ServerSide | undefined;
let cpu = process.cpuUsage();

process.on("message", (order: Order) => {
  carryOut(order).catch(fail);
});
process.on("uncaughtException", fail);
process.on("disconnect", () => process.exit(1));

async function carryOut(order: Order): Promise<void> {
  switch (order.do) {
    case "start":
      return start(order);
    case "begin":
      if (client === undefined) {
        server?.begin?.();
        cpu = process.cpuUsage();
        return say({ said: "begun" });
      }
      cpu = process.cpuUsage();
      return done(await client.measure());
    case "end":
      return done(server?.end);
  }
}

async function start({ work: id, contender: name, sizes, own, address }: Assignment): Promise<void> {
  const work = [...works, ...clusterWorks].find((one) => one.id === id) as Work;
  const contender: Contender = await loadContender(name);
  if (address === undefined) {
    const side = work.server(sizes);
    server = side;
    const welcome = (connection: Connection) => side.accept(connection);
    say({ said: "ready", address: await contender.listen(own, welcome) });
  } else {
    client = await work.client(await contender.client(own, address), sizes);
    say({ said: "ready" });
  }
}

/** The clock stops before what the figures themselves take. */
function done(figures: Figures | (() => Figures) | undefined): void {
  const { user, system } = process.cpuUsage(cpu);
  const values = typeof figures === "function" ? figures() : (figures ?? {});
  say({ said: "done", figures: values, cpu: (user + system) / 1000 });
}

function say(report: Report): void {
  process.send?.(report);
}

function fail(reason: unknown): void {
  say({
    said: "failed",
    reason: reason instanceof Error ? (reason.stack ?? reason.message) : String(reason),
  });
}
