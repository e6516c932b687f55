// How to start a Node that can load jazzer.js's native fuzzer. Its prebuilt addon wants glibc 2.38; where the system's is
// older, Debian 13's C and C++ runtime is fetched into a folder of its own and Node started through its loader. Nothing
// of the system changes, and where the addon loads as it is nothing is fetched.

import { execFileSync, spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

const packages = ["libc6", "libstdc++6", "libgcc-s1"];
const suite = "trixie";
const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";
const platforms = {
  x64: { triplet: "x86_64-linux-gnu", loader: "ld-linux-x86-64.so.2" },
  arm64: { triplet: "aarch64-linux-gnu", loader: "ld-linux-aarch64.so.1" },
};

/** Why the addon does not load when Node is started by `command`, or undefined when it does. */
function complaint([program, ...args], root) {
  const load =
    'try { require("@jazzer.js/fuzzer") } catch (error) { console.log(error.message); process.exit(1) }';
  // Where the program is not there, nothing is said.
  const { status, stdout, stderr } = spawnSync(program, [...args, "-e", load], {
    cwd: root,
    encoding: "utf8",
  });
  return status === 0 ? undefined : stdout?.trim() || stderr?.trim() || `${program} does not start`;
}

/** Where this Debian installs from, as apt is configured. */
function debianArchive() {
  const codename = /^VERSION_CODENAME=(.*)$/m.exec(readFileSync("/etc/os-release", "utf8"))?.[1];
  const format = "$(RELEASE)\t$(COMPONENT)\t$(REPO_URI)";
  const targets = execFileSync("apt-get", ["indextargets", "--format", format, "Created-By: Packages"], {
    encoding: "utf8",
  });
  for (const line of targets.split("\n")) {
    const [release, component, uri] = line.split("\t");
    if (component === "main" && (release === codename || release === "stable")) return uri;
  }
  throw new Error("apt is not configured with a Debian archive");
}

function fetchRuntime(folder, staging) {
  const debs = join(staging, "debs");
  for (const path of ["debs", "state/lists/partial", "cache/archives/partial"]) {
    mkdirSync(join(staging, path), { recursive: true });
  }
  const options = existsSync(keyring) ? `[signed-by=${keyring}] ` : "";
  writeFileSync(join(staging, "sources.list"), `deb ${options}${debianArchive()} ${suite} main\n`);
  writeFileSync(join(staging, "status"), "");
  const settings = {
    "Dir::Etc::sourcelist": join(staging, "sources.list"),
    "Dir::Etc::sourceparts": "-",
    "Dir::State": join(staging, "state"),
    "Dir::State::status": join(staging, "status"),
    "Dir::Cache": join(staging, "cache"),
    "APT::Sandbox::User": "root",
    "Acquire::Languages": "none",
  };
  const apt = (...args) => {
    const flags = Object.entries(settings).flatMap(([key, value]) => ["-o", `${key}=${value}`]);
    execFileSync("apt-get", ["-qq", ...flags, ...args], { cwd: debs, stdio: ["ignore", "ignore", "pipe"] });
  };
  apt("update");
  apt("download", ...packages);
  for (const deb of readdirSync(debs)) execFileSync("dpkg", ["-x", join(debs, deb), folder]);
}

/**
 * A program of one word that starts Node through the folder's loader. jazzer.js starts itself again to merge corpora, by
 * `process.argv[0]`, which would be the loader: what is preloaded puts the program in its place.
 */
function writeNode(folder, own) {
  const program = join(folder, "node");
  const preloaded = join(folder, "argv0.cjs");
  const quoted = own.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
  writeFileSync(preloaded, `process.argv[0] = ${JSON.stringify(program)};\n`);
  writeFileSync(program, `#!/bin/sh\nexec ${quoted} --require '${preloaded}' "$@"\n`, { mode: 0o755 });
  return [program];
}

/**
 * The command, a program and its first arguments, that starts a Node with a fuzzer that loads. Throws an Error that
 * says what is missing where there is no way.
 */
export function fuzzRuntime(root) {
  const plain = [process.execPath];
  const trouble = complaint(plain, root);
  if (trouble === undefined) return plain;
  const platform = platforms[process.arch];
  if (!/GLIBC(XX)?_/.test(trouble) || platform === undefined) {
    throw new Error(`jazzer.js does not run here: ${trouble}`);
  }
  const folder = join(root, "build", "fuzz-runtime");
  const libraries = join(folder, "usr", "lib", platform.triplet);
  const own = [
    join(libraries, platform.loader),
    "--library-path",
    `${libraries}:/usr/lib/${platform.triplet}`,
    realpathSync(process.execPath),
  ];
  if (!existsSync(own[0]) || complaint(own, root) !== undefined) {
    console.log(
      `fuzz: jazzer.js needs a newer glibc than this system's; fetching Debian 13's into ${folder}`,
    );
    rmSync(folder, { recursive: true, force: true });
    const staging = `${folder}.${process.pid}`;
    try {
      fetchRuntime(folder, staging);
    } catch (error) {
      const isMissing = error.code === "ENOENT" && error.syscall?.startsWith("spawn");
      const why = isMissing
        ? `there is no ${error.path} here`
        : error.stderr?.toString().trim() || error.message;
      throw new Error(
        `jazzer.js needs glibc 2.38 (Debian 13, Ubuntu 24.04), and Debian 13's could not be had: ${why}`,
      );
    } finally {
      rmSync(staging, { recursive: true, force: true });
    }
    const still = complaint(own, root);
    if (still !== undefined)
      throw new Error(`jazzer.js does not run with Debian 13's glibc either: ${still}`);
  }
  return writeNode(folder, own);
}
