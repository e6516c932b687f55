/**
 * Generates `THIRD-PARTY-LICENSES.md`: under what terms come the packages that are installed along with Hawser, the
 * optional ones and those that they need in turn among them.
 *
 *     npx tsx scripts/third-party-licenses.ts            writes the file when it is out of date
 *     npx tsx scripts/third-party-licenses.ts --check    writes nothing; exit 1 when it is
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

const licensesFile = join(root, "THIRD-PARTY-LICENSES.md");

/** What is read of an entry of package-lock.json. */
interface Locked {
  readonly version: string;
  readonly license: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** A package that is installed along with Hawser. */
interface Installed {
  readonly name: string;
  readonly version: string;
  /** An SPDX expression. */
  readonly license: string;
  /** Its license and notice files, as they are. */
  readonly text: string;
}

/** What a package contains of another project, where its own license file does not say so. */
const contained: Readonly<Record<string, string>> = {
  "libsodium-wrappers": "`libsodium-wrappers` calls libsodium, which `libsodium` contains as WebAssembly.",
  "sodium-native":
    "The addons in `sodium-native` contain libsodium, by Frank Denis and others, under the ISC license: the terms printed with the package `libsodium`.",
};

/** Addons, of which the one that fits the system is installed and none brings the text of its license: it is here. */
const addons = {
  folder: /^node_modules\/(@koromix\/koffi-.*)$/,
  license: "scripts/koffi-license.txt",
} as const;

const introduction = `# Third-party licenses

Hawser itself is under the [MIT license](LICENSE), and its package contains no code of others. Installing it also installs
the packages below; \`sodium-native\`, the \`koffi\` of the system and those that only they need are optional, and left out
by \`npm install --omit=optional\`.

This file is generated: \`npx tsx scripts/third-party-licenses.ts\`.
`;

function lockedPackages(): Readonly<Record<string, Locked>> {
  const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as {
    packages: Readonly<Record<string, Locked>>;
  };
  return lock.packages;
}

/** The folders in node_modules of everything that the package needs where it is installed, as Node would find them. */
function installedFolders(): string[] {
  const packages = lockedPackages();
  const found = new Set<string>();
  const visit = (folder: string): void => {
    const { dependencies, optionalDependencies, peerDependencies } = packages[folder] ?? {};
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies })) {
      let from = folder;
      let wanted = join(from, "node_modules", name);
      while (packages[wanted] === undefined && from !== "") {
        from = from.slice(0, Math.max(0, from.lastIndexOf("/node_modules/")));
        wanted = join(from, "node_modules", name);
      }
      // Nothing there: an optional peer that nobody has installed.
      if (packages[wanted] === undefined || found.has(wanted)) continue;
      found.add(wanted);
      visit(wanted);
    }
  };
  visit("");
  return [...found];
}

/** @throws Error for a package that names no license, or comes without its text */
function inspect(folder: string): Installed {
  const [, addon] = addons.folder.exec(folder) ?? [];
  if (addon !== undefined) {
    const { version, license } = lockedPackages()[folder] as Locked;
    return { name: addon, version, license, text: readFileSync(join(root, addons.license), "utf8").trim() };
  }
  const { name, version, license } = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8")) as {
    name: string;
    version: string;
    license?: unknown;
  };
  if (typeof license !== "string") throw new Error(`${name} ${version} names no license`);
  const files = readdirSync(join(root, folder)).filter((file) => /^(licen[cs]e|copying|notice)/i.test(file));
  if (files.length === 0) throw new Error(`${name} ${version} comes without the text of its license`);
  const text = files
    .sort()
    .map((file) =>
      readFileSync(join(root, folder, file), "utf8")
        .replaceAll("\r\n", "\n")
        .trim(),
    )
    .join("\n\n");
  return { name, version, license, text };
}

/** The file as it has to be. A text that several packages share stands there once. */
function licenses(): string {
  const packages = installedFolders()
    .map(inspect)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const byText = new Map<string, Installed[]>();
  for (const each of packages) byText.set(each.text, [...(byText.get(each.text) ?? []), each]);
  const sections = [...byText].map(([text, sharers]) => {
    const heading = sharers.map(({ name, version }) => `${name} ${version}`).join(", ");
    const notes = sharers.flatMap(({ name }) => contained[name] ?? []);
    const names = new Set(sharers.map(({ license }) => license));
    return [`## ${heading}`, `${[...names].join(", ")}.`, ...notes, `\`\`\`text\n${text}\n\`\`\``].join(
      "\n\n",
    );
  });
  return `${[introduction.trimEnd(), ...sections].join("\n\n")}\n`;
}

function main(check: boolean): void {
  const text = licenses();
  if (existsSync(licensesFile) && readFileSync(licensesFile, "utf8") === text) return;
  if (check) {
    console.error("THIRD-PARTY-LICENSES.md is out of date (run `npx tsx scripts/third-party-licenses.ts`)");
    process.exitCode = 1;
    return;
  }
  writeFileSync(licensesFile, text);
  console.log("wrote THIRD-PARTY-LICENSES.md");
}

main(process.argv.includes("--check"));
