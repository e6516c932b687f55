/** Why: a night of fuzzing that fails and does not say so has found nothing. So each command is seen to fail. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { type Ended, Stage, targetsOfStage } from "./fuzz-stage.ts";
import { root } from "./spec.ts";

const { holds, breaks } = targetsOfStage;
const stages: Stage[] = [];
afterEach(() => {
  for (const stage of stages.splice(0)) stage.remove();
});
function stageWith(targets: Readonly<Record<string, string>>, addon?: string): Stage {
  const stage = new Stage(targets, addon);
  stages.push(stage);
  return stage;
}

/** The targets there are. */
const real = readdirSync(join(root, "fuzz")).flatMap((name) => /^(.*)\.fuzz\.ts$/.exec(name)?.[1] ?? []);
const report = (stage: Stage) => readFileSync(join(stage.folder, "build", "fuzz-report.md"), "utf8");

describe("npm run fuzz:nightly", () => {
  it("fails where a target broke, goes on with the next, and names the one line that shows it again", () => {
    const stage = stageWith({ breaks, holds });
    const { status, said } = stage.script("fuzz-nightly", "8");
    expect(status).toBe(1);
    expect(said).toContain("fuzz: failed: breaks\n");
    expect(report(stage)).toMatch(/^\| breaks \|.*\| 1 \|$/m);
    expect(report(stage)).toMatch(/^\| holds \| 1000 \|.*\| 0 \|$/m);
    const [, line = ""] = /^ {4}(npm run fuzz:repro -- \S+)$/m.exec(report(stage)) ?? [];
    expect(line).toBe("npm run fuzz:repro -- build/fuzz-findings/breaks/crash-62");
    const again = stage.run(line.split(" "));
    expect(again.status).toBe(1);
    expect(again.said).toContain("breaks breaks: Error: planted");
  });

  it("fails where a target did not even start", () => {
    const stage = stageWith({ holds, never: holds });
    // Its lengths can be read, and then it is gone.
    stage.write(
      "fuzz/never.fuzz.ts",
      `${holds}if (process.argv[1].endsWith("cli.js")) throw new Error("gone");`,
    );
    const { status, said } = stage.script("fuzz-nightly", "8");
    expect(status).toBe(1);
    expect(said).toContain("fuzz: failed: never\n");
  });

  it("succeeds where nothing broke, and keeps what was grown", () => {
    const stage = stageWith({ holds });
    stage.write("build/fuzz-corpus/holds/grown", "b");
    const { status } = stage.script("fuzz-nightly", "4", "other.md");
    expect(status).toBe(0);
    expect(readFileSync(join(stage.folder, "other.md"), "utf8")).toContain("Nothing broke.");
    expect(readdirSync(join(stage.folder, "build", "fuzz-corpus", "holds"))).toEqual(["grown"]);
  });

  it("says how long it needs where there is no time for a target", () => {
    const { status, said } = stageWith({ holds }).script("fuzz-nightly", "1");
    expect([status, said]).toEqual([2, "fuzz: 1 targets want 2 seconds at least\n"]);
  });
});

describe("the other commands", () => {
  it("npm run fuzz fails where the target breaks, and says what is to be done", () => {
    const { status, said } = stageWith({ breaks }).script("fuzz", "breaks", "4");
    expect(status).toBe(77);
    expect(said).toContain("Uncaught Exception: Error: planted");
    expect(said).toContain("npm run fuzz:repro -- FILE");
    expect(said).toContain("fuzz/corpus/breaks");
  });

  it("npm run fuzz:smoke runs every target and fails where one breaks", () => {
    const { status, said } = stageWith({ breaks, holds }).script("fuzz-smoke", "1");
    expect(status).toBe(1);
    expect(said).toContain("FAIL breaks");
    expect(said).toContain("ok   holds: 500 executions, 250 exec/s by the clock");
  });

  it("names the targets there are, which are those of the folder", () => {
    const { status, said } = stageWith({ holds, breaks }).script("fuzz", "other");
    expect([status, said]).toEqual([2, "fuzz: no target other? There are: breaks, holds\n"]);
  });
});

it("the guide tells of each target", () => {
  const guide = readFileSync(join(root, "docs", "guides", "fuzzing.md"), "utf8");
  const [holds = [], rates = []] = guide
    .split("| target |")
    .slice(1)
    .map((table) => [...table.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, name]) => name));
  expect(holds.toSorted()).toEqual(real.toSorted());
  expect(rates.filter((name) => !holds.includes(name))).toEqual([]);
});

describe("where the fuzzer does not load", () => {
  const old = 'throw new Error("/lib/libc.so.6: version `GLIBC_2.38\' not found");';
  const empty = "/nonexistent";
  const hasWay = ["x64", "arm64"].includes(process.arch) && process.platform === "linux";

  function fuzz(stage: Stage, path: string): Ended {
    return stage.run([process.execPath, "scripts/fuzz.mjs", "holds", "2"], path);
  }

  it("for another reason than the C library, that reason is said", () => {
    const { status, said } = fuzz(
      stageWith({ holds }, 'throw new Error("no build for this platform");'),
      empty,
    );
    expect([status, said]).toEqual([2, "fuzz: jazzer.js does not run here: no build for this platform\n"]);
  });

  it("and a newer C library can't be had either, both are said", () => {
    const { status, said } = fuzz(stageWith({ holds }, old), empty);
    expect(status).toBe(2);
    expect(said.trim().split("\n").at(-1)).toBe(
      hasWay
        ? "fuzz: jazzer.js needs glibc 2.38 (Debian 13, Ubuntu 24.04), and Debian 13's could not be had: " +
            "there is no apt-get here"
        : "fuzz: jazzer.js does not run here: /lib/libc.so.6: version `GLIBC_2.38' not found",
    );
    expect(said).not.toContain("    at ");
  });

  it.runIf(hasWay)(
    "and what was fetched does not help, that is said, and nothing is left lying about",
    () => {
      const stage = stageWith({ holds }, old);
      // An archive that has all that is asked for, and nothing in it.
      const codename = "$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)";
      stage.write(
        "bin/apt-get",
        '#!/bin/sh\n[ "$1" = indextargets ] && printf "%s\\tmain\\thttp://archive.invalid\\n" "' +
          `${codename}"\nexit 0\n`,
      );
      const { status, said } = fuzz(stage, "/usr/bin:/bin");
      expect(status).toBe(2);
      expect(said.trim().split("\n").at(-1)).toMatch(
        /^fuzz: jazzer\.js does not run with Debian 13's glibc either: .*does not start$/,
      );
      expect(
        readdirSync(join(stage.folder, "build")).filter((name) => name.startsWith("fuzz-runtime")),
      ).toEqual([]);
    },
  );
});

describe("the project for OSS-Fuzz", () => {
  /** What the test's machine need not have: an archive is a folder here. */
  function withArchives(stage: Stage): Stage {
    stage.write("bin/zip", '#!/bin/sh -e\nout=$2; shift 2; mkdir "$out"; cp "$@" "$out"\n');
    stage.write("bin/unzip", '#!/bin/sh -e\ncp "$2"/* "$4"\n');
    return stage;
  }

  it("builds and runs each target there is, by its name", () => {
    expect(real.length).toBeGreaterThan(10);
    const stage = withArchives(stageWith(Object.fromEntries(real.map((name) => [name, holds]))));
    const { status, said } = stage.script("fuzz-oss");
    expect(said).toBe(real.map((name) => `ok   ${name}: 12 edges\n`).join(""));
    expect(status).toBe(0);
  });

  it("fails where a target is left out, where one breaks, and where one instruments nothing", () => {
    const stage = withArchives(stageWith({ breaks: holds, holds }));
    const script = readFileSync(join(stage.folder, "oss-fuzz", "build.sh"), "utf8");
    const some = script.replace("fuzz/*.fuzz.ts", "fuzz/h*.fuzz.ts");
    expect(some).not.toBe(script);
    stage.write("oss-fuzz/build.sh", some);
    const without = stage.script("fuzz-oss");
    expect([without.status, without.said]).toEqual([2, "fuzz: build.sh makes holds, and not breaks\n"]);
    stage.write("oss-fuzz/build.sh", script);
    stage.write("fuzz/breaks.fuzz.ts", breaks);
    const broken = stage.script("fuzz-oss");
    expect(broken.status).toBe(2);
    expect(broken.said).toContain("fuzz: breaks ended with 77");
    stage.write("fuzz/breaks.fuzz.ts", holds);
    const cli = join("node_modules", "@jazzer.js", "core", "dist", "cli.js");
    const fuzzer = readFileSync(join(stage.folder, cli), "utf8");
    stage.write(cli, fuzzer.replaceAll("cov: 12", "cov: 0"));
    const blind = stage.script("fuzz-oss");
    expect([blind.status, blind.said.split("\n")[0]]).toEqual([2, "fuzz: breaks covers 0 edges"]);
    expect(existsSync(join(stage.folder, "build"))).toBe(false);
  });
});
