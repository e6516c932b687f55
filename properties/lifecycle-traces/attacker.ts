import type { Records } from "./records.ts";
import { type AttackerStep, peerOf, type Side } from "./trace.ts";
import { type Item, isEnd, type Transport } from "./transport.ts";

/** One act of the attacker, on the front of what has not been read; `false` where the trace means something else. */
export function attack(step: AttackerStep, transport: Transport, records: Records): boolean {
  const { action, against, record } = step;
  const from: Side = step.direction === "from client" ? "client" : "server";
  const to = peerOf(from);
  const front = transport.front(to);
  switch (action) {
    case "reset":
      if (against === undefined) throw new Error("a reset against nobody");
      transport.reset(against);
      return true;
    case "cut":
      if (record === undefined || !("end" in record)) throw new Error("a cut without an end");
      transport.cut(from, record);
      return true;
    case "inject": {
      const injected = record && "key" in record ? records.named(record) : undefined;
      if (injected === undefined) return false;
      transport.pushFront(from, injected);
      return true;
    }
    case "drop":
      return transport.take(to) !== undefined;
    case "tamper":
      if (front === undefined || isEnd(front)) return false;
      transport.take(to);
      transport.pushFront(from, records.tampered(front));
      return true;
    case "swap": {
      const items: (Item | undefined)[] = [transport.take(to), transport.take(to)];
      for (const item of items) if (item !== undefined) transport.pushFront(from, item);
      return !items.includes(undefined);
    }
  }
}
