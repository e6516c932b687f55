/** What is used of the two; their own types are not installed where the sources are checked. */
declare module "vega" {
  export interface Runtime {
    readonly runtime: never;
  }
  export function parse(spec: unknown): Runtime;
  export class View {
    constructor(runtime: Runtime, options: { renderer: "none" });
    toSVG(): Promise<string>;
    finalize(): void;
  }
}

declare module "vega-lite" {
  export function compile(spec: unknown): { readonly spec: unknown };
}
