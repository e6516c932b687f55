// The entries for browsers, bundled as a browser's program is and run where nothing is left of Node. esbuild refuses an
// import of Node's for that platform; what takes one of Node's globals for granted fails when it runs.

import { once } from "node:events";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { gzipSync } from "node:zlib";
import { buildSync } from "esbuild";
import { PackageFault } from "./pack-processes.mjs";

/** The globals of Node's that no browser has. */
const nodeOnly = ["process", "Buffer", "global", "setImmediate", "clearImmediate"];

/** Bundles what is installed in FOLDER/with-native, and runs it. */
export async function runInBrowser(folder) {
  const project = join(folder, "with-native");
  const core = bundle(project, { contents: 'export * from "hawser/protocol";', resolveDir: project });
  const foreign = Object.keys(core.metafile.inputs).filter(
    (path) => path !== "<stdin>" && !path.startsWith("node_modules/hawser/dist/protocol/"),
  );
  if (foreign.length > 0) throw new PackageFault(`hawser/protocol brings along ${foreign.join(", ")}`);

  const contents = 'import "./browser.mjs";';
  const program = bundle(project, { contents, resolveDir: project }).outputFiles[0].text;
  // A module from a data: URL finds no package by its name, as in a browser; so sodium-native is not there.
  const code = `${nodeOnly.map((name) => `delete globalThis.${name};`).join(" ")}\n${program}`;
  await runToTheEnd(new URL(`data:text/javascript,${encodeURIComponent(code)}`));
  const [{ contents: bytes }] = core.outputFiles;
  const kilobytes = (length) => `${(length / 1000).toFixed(1)} kB`;
  console.log(
    `package: bundled and run without Node; hawser/protocol alone: ${kilobytes(bytes.length)} minified, ${kilobytes(gzipSync(bytes).length)} gzipped`,
  );
}

function bundle(project, stdin) {
  try {
    return buildSync({
      absWorkingDir: project,
      stdin,
      bundle: true,
      platform: "browser",
      format: "esm",
      target: "es2022",
      minify: true,
      metafile: true,
      write: false,
      logLevel: "silent",
    });
  } catch (error) {
    throw new PackageFault(`it does not bundle for a browser: ${error.message}`);
  }
}

/** The program says so when it has come to its end: one that waits for ever would be over without a word. */
async function runToTheEnd(url) {
  const channel = new BroadcastChannel("hawser");
  const said = [];
  channel.onmessage = ({ data }) => said.push(data);
  try {
    const worker = new Worker(url);
    const [code] = await once(worker, "exit");
    if (code !== 0 || said[0] !== "done") throw new Error(`exit code ${code}, before its end`);
  } catch (error) {
    throw new PackageFault(`it does not run in a browser: ${error.name}: ${error.message}`);
  } finally {
    channel.close();
  }
}
