import { describe, expect, it } from "vitest";
import { alertCodes } from "../record/alert-codes.ts";
import { actionName, alertOf, seals, step } from "./step.ts";
import { type Action, type EventName, type State, table } from "./table.ts";

describe("step", () => {
  it("gives the cell of the role, the state and the event", () => {
    for (const role of ["client", "server"] as const) {
      const cell = table[role]["Open"]?.["write"];
      expect(cell).toBeDefined();
      expect(step(table, role, "Open", "write")).toBe(cell);
    }
  });

  it.each<[State, EventName]>([
    ["Routing", "write"],
    ["Open", "nothing" as EventName],
  ])("a cell that is not there is a fault of the code: client, %s, %s", (state, event) => {
    expect(() => step(table, "client", state, event)).toThrow(/^no cell for client /);
  });
});

describe("an action", () => {
  it.each([
    ["send.alert:bad_record", true],
    ["send.close", true],
    ["send.data", true],
    ["send.early", true],
    ["send.queued", true],
    ["send.ping", true],
    ["send.pong", true],
    ["send.hello", false],
    ["send.hint", false],
    ["deliver.data", false],
    ["misuse", false],
  ])("RC-004: %s takes a nonce: %s", (action, does) => {
    expect(seals(action as Action)).toBe(does);
  });

  it("may carry an alert behind a colon", () => {
    const action = "send.alert:bad_record" as Action;
    expect(actionName(action)).toBe("send.alert");
    expect(alertOf(action)).toBe(alertCodes.bad_record);
    expect(actionName("send.close" as Action)).toBe("send.close");
    expect(alertOf("send.close" as Action)).toBeUndefined();
  });
});
