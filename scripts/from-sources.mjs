// Lets programs that import "hawser" by its name run against the sources, so that they are tested as they stand:
// node --import tsx --import ./scripts/from-sources.mjs PROGRAM
import { register } from "node:module";

const sources = new URL("../src/index.ts", import.meta.url).href;
const hook = `export const resolve = (name, context, next) => next(name === "hawser" ? ${JSON.stringify(sources)} : name, context);`;

register(`data:text/javascript,${encodeURIComponent(hook)}`);
