import type { Table } from "../../src/protocol/machine/table.ts";
import { table } from "../../src/protocol/machine/table.ts";

/** The specified life cycle, writing down each event whose cell says that the connection has failed. */
export function watched(failures: string[]): Table {
  const watch = (events: Table["client"][string]): Table["client"][string] =>
    new Proxy(events, {
      get(cells, event: string) {
        const cell = cells[event];
        if (cell?.outputs.includes("failed")) failures.push(event);
        return cell;
      },
    });
  const watchAll = (states: Table["client"]) =>
    Object.fromEntries(Object.entries(states).map(([state, events]) => [state, watch(events)]));
  return { client: watchAll(table.client), server: watchAll(table.server) };
}
