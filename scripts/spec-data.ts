/** The shapes of `spec/states.json` and `spec/alerts.json`. */

export const roles = ["client", "server"] as const;
export type RoleName = (typeof roles)[number];

/** What happens in a cell: the next state, and the outputs in their order. */
export interface CellData {
  readonly to: string;
  readonly outputs: readonly string[];
}

export interface EventData {
  readonly kind: "call" | "key" | "time" | "transport" | "message" | "record";
  readonly roles: readonly RoleName[];
  readonly text: string;
}

export interface States {
  readonly about: string;
  /** By role: a state's name and what it means. */
  readonly states: Readonly<Record<RoleName, Readonly<Record<string, string>>>>;
  readonly events: Readonly<Record<string, EventData>>;
  readonly outputs: Readonly<Record<string, string>>;
  /** By role, state and event. */
  readonly table: Readonly<Record<RoleName, Readonly<Record<string, Readonly<Record<string, CellData>>>>>>;
}

export interface Alerts {
  readonly about: string;
  readonly alerts: readonly { readonly name: string; readonly code: number; readonly when: string }[];
  readonly application: { readonly from: number; readonly to: number; readonly when: string };
}

/** The part of an output before the colon: `send.alert` of `send.alert:timeout`. */
export function outputName(output: string): string {
  return output.split(":")[0] ?? output;
}

/** Whether a cell only says that it can't arise, or that the call is a mistake. */
export function isIllegal(cell: CellData): boolean {
  return cell.outputs.includes("impossible") || cell.outputs.includes("misuse");
}
