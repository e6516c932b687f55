import { readFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import type { Fault } from "./faults.ts";

const root = join(import.meta.dirname, "..", "..");
const sourceOf = (file: string): string => join(root, "src", file);

/**
 * A source of the project's with a fault in it.
 *
 * @throws Error where the fault can't be planted, as the source has changed
 */
export function planted({ id, file, from, to }: Fault): string {
  const parts = readFileSync(sourceOf(file), "utf8").split(from);
  if (parts.length !== 2)
    throw new Error(`${id} can't be planted: its text stands ${parts.length - 1} times in src/${file}`);
  return parts.join(to);
}

/** Bundles this project's shim, with a fault or without one, to a program. */
export async function buildShim(fault: Fault | undefined, outfile: string): Promise<void> {
  const contents = fault && planted(fault);
  let isPlanted = false;
  await build({
    entryPoints: [sourceOf("conformance/shim/main.ts")],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    packages: "external",
    logLevel: "error",
    plugins: [
      {
        name: "fault",
        setup({ onLoad }) {
          onLoad({ filter: /\.ts$/ }, ({ path }) => {
            if (fault === undefined || contents === undefined || path !== sourceOf(fault.file)) return;
            isPlanted = true;
            return { contents, loader: "ts" };
          });
        },
      },
    ],
  });
  if (fault !== undefined && !isPlanted)
    throw new Error(`${fault.id} can't be planted: the shim does not use src/${fault.file}`);
}
