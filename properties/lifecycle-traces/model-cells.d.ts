/** The part of spec/model/lifecycle/cells.mjs that the tests use; its own comments say what each is. */
declare module "*/lifecycle/cells.mjs" {
  export interface ModelCell {
    readonly role: "client" | "server";
    readonly state: string;
    readonly event: string;
    readonly target: string;
    /** The place in the source, as `file:line`. */
    readonly at: string;
  }

  type Cells = Readonly<Record<string, { readonly to: string; readonly outputs: readonly string[] }>>;

  export type SpecTable = Readonly<Record<string, Readonly<Record<string, Cells>>>>;

  export function readCells(): Promise<ModelCell[]>;
  export function compareWithTable(
    cells: readonly ModelCell[],
    table: SpecTable,
    leftOut: Readonly<Record<string, string>>,
  ): string[];
}
