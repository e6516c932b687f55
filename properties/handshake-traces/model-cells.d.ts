/** The type of spec/model/handshake/cells.mjs, which is plain JavaScript so that the model runs without a build. */
declare module "*/spec/model/handshake/cells.mjs" {
  export interface ModelCell {
    readonly role: "client" | "server";
    readonly state: string;
    readonly event: string;
    readonly target: string;
    readonly rule: string;
  }

  /** Role, state, event. */
  export type SpecTable = Readonly<
    Record<string, Readonly<Record<string, Readonly<Record<string, { to: string; outputs: string[] }>>>>>
  >;

  export function readCells(source: string): ModelCell[];
  export function compareWithTable(
    cells: readonly ModelCell[],
    table: SpecTable,
    leftOut: Readonly<Record<string, string>>,
  ): string[];
}
