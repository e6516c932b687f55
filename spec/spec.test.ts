import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { generate, outOfDate, readData, root } from "../scripts/spec.ts";
import { isIllegal, outputName, roles } from "../scripts/spec-data.ts";
import { citations, faults, prefixes, requirements } from "../scripts/spec-requirements.ts";
import * as limits from "../src/protocol/limits.ts";
import { recordTypes } from "../src/protocol/record/plaintext.ts";

const { states, alerts } = readData();
const pages = new Map(
  readdirSync(join(root, "spec"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => [name, readFileSync(join(root, "spec", name), "utf8")]),
);
const all = [...pages.values()].flatMap(requirements);
const known = new Set(all.map(({ id }) => id));

/** Every text file below a folder of the repository. */
function filesBelow(folder: string): string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder)).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(join(root, path)).isDirectory()) return filesBelow(path);
    return /\.(?:ts|mjs|js|json|md|maude|pml)$/.test(name) ? [path] : [];
  });
}

describe("generated files", () => {
  it("are what the data say", async () => {
    expect(outOfDate(await generate())).toEqual([]);
  });

  it("are noticed when one is altered or missing", async () => {
    const files = await generate();
    files.set("spec/states-table.md", `${files.get("spec/states-table.md")}x`);
    files.set("spec/no-such-file.md", "");
    expect(outOfDate(files)).toEqual(["spec/states-table.md", "spec/no-such-file.md"]);
  });
});

describe("requirements", () => {
  it("are list items of one sentence, with an identifier of their file, and hold every keyword", () => {
    expect([...pages].flatMap(([name, text]) => faults(name, text))).toEqual([]);
  });

  it("are there in every file that has a prefix", () => {
    const empty = Object.entries(prefixes).filter(([prefix]) => !all.some(({ id }) => id.startsWith(prefix)));
    expect(empty).toEqual([]);
  });

  it("have identifiers of their own", () => {
    const ids = all.map(({ id }) => id);
    expect(ids.filter((id, i) => ids.indexOf(id) !== i)).toEqual([]);
  });

  it.each([
    ["A client MUST sing.", "a keyword outside a requirement"],
    ["- The client SHOULD sing.", "a keyword outside a requirement"],
    ["| a | MAY | b |", "a keyword outside a requirement"],
    ["- **HS-1** The client sings.", "a malformed identifier"],
    ["- **XX-001** The client sings.", "a malformed identifier"],
    ["- **RC-001** The client sings.", "RC-001 belongs into records.md"],
    ["- **HS-001** The client sings", "does not end as a sentence"],
    ["- **HS-001** The client sings. It\n  MUST NOT dance.", "more than one sentence"],
    ["- **HS-001** The client must sing.", "a keyword in small letters"],
  ])("are told from %j", (text, fault) => {
    expect(faults("handshake.md", text).join()).toContain(fault);
  });
});

describe("citations", () => {
  const cited = [...["src", "properties", "fuzz", "scripts", "spec", "docs"].flatMap(filesBelow), "README.md"]
    .filter((path) => path !== join("spec", "spec.test.ts") && existsSync(join(root, path)))
    .flatMap((path) => citations(readFileSync(join(root, path), "utf8")).map((id) => ({ path, id })));

  it("name requirements that exist", () => {
    expect(cited.filter(({ id }) => !known.has(id)).map(({ path, id }) => `${path}: ${id}`)).toEqual([]);
  });

  it("are found in code as well as in text", () => {
    for (const folder of ["src", "spec"])
      expect(cited.some(({ path }) => path.startsWith(folder))).toBe(true);
  });

  it("of files lead to files", () => {
    const dead = [...pages].flatMap(([name, text]) =>
      [...text.matchAll(/\]\(([^)#:]+)\)/g)]
        .map((match) => match[1] ?? "")
        .filter((target) => !existsSync(join(root, "spec", target)))
        .map((target) => `${name}: ${target}`),
    );
    expect(dead).toEqual([]);
  });
});

describe("states.json", () => {
  const cells = roles.flatMap((role) =>
    Object.entries(states.table[role]).flatMap(([state, row]) =>
      Object.entries(row).map(([event, cell]) => ({
        role,
        state,
        event,
        cell,
        name: `${role} ${state} ${event}`,
      })),
    ),
  );
  const names = (chosen: typeof cells): string[] => chosen.map(({ name }) => name);
  const alertNames = new Set(alerts.alerts.map(({ name }) => name));
  const terminal = ["Closed", "Failed", "Forwarded"];
  const told = ["closed", "failed", "forward"];

  it.each(roles)("ST-002: has a cell for every state and event of a %s, and no other", (role) => {
    const events = Object.keys(states.events).filter((event) => states.events[event]?.roles.includes(role));
    expect(Object.keys(states.table[role])).toEqual(Object.keys(states.states[role]));
    for (const row of Object.values(states.table[role])) expect(Object.keys(row)).toEqual(events);
  });

  it("leads to states of the same role, with outputs and alerts that exist", () => {
    const wrong = cells.filter(({ role, cell }) => {
      const outputs = cell.outputs.every((output) => {
        const alert = output.split(":")[1];
        return (
          states.outputs[outputName(output)] !== undefined && (alert === undefined || alertNames.has(alert))
        );
      });
      return states.states[role][cell.to] === undefined || !outputs;
    });
    expect(names(wrong)).toEqual([]);
  });

  it("ST-005: leaves everything as it is on misuse and in what cannot arise", () => {
    const illegal = cells.filter(({ cell }) => isIllegal(cell));
    expect(illegal.length).toBeGreaterThan(0);
    expect(
      names(illegal.filter(({ state, cell }) => cell.to !== state || cell.outputs.length !== 1)),
    ).toEqual([]);
  });

  it("takes no call for impossible", () => {
    const calls = cells.filter(({ event }) => states.events[event]?.kind === "call");
    expect(names(calls.filter(({ cell }) => cell.outputs.includes("impossible")))).toEqual([]);
  });

  it("ST-006: never leaves a terminal state", () => {
    expect(names(cells.filter(({ state, cell }) => terminal.includes(state) && cell.to !== state))).toEqual(
      [],
    );
  });

  it("ST-007: tells exactly one end on every way to one", () => {
    for (const role of roles) {
      // How many ends have been told on the ways into each state; a terminal state must have one, and only one, number.
      const [start] = Object.keys(states.table[role]);
      const counts = new Map([[start ?? "", new Set([0])]]);
      const queue = [start ?? ""];
      for (let state = queue.shift(); state !== undefined; state = queue.shift()) {
        for (const cell of Object.values(states.table[role][state] ?? {})) {
          if (cell.to === state) continue;
          const here = cell.outputs.filter((output) => told.includes(output)).length;
          const before = counts.get(cell.to) ?? new Set();
          const grown = new Set([...before, ...[...(counts.get(state) ?? [])].map((count) => count + here)]);
          if (grown.size > before.size) queue.push(cell.to);
          counts.set(cell.to, grown);
        }
      }
      for (const state of Object.keys(states.table[role])) {
        const over = [...terminal, "Closing", "Draining", "Hiding"].includes(state);
        expect([role, state, ...(counts.get(state) ?? [])]).toEqual([role, state, over ? 1 : 0]);
      }
    }
  });

  it("sends nothing after the end was told, and half-closes or closes the transport with it", () => {
    const ends = cells.filter(({ cell }) =>
      cell.outputs.some((output) => output === "closed" || output === "failed"),
    );
    const wrong = ends.filter(({ cell }) => {
      const last = cell.outputs.at(-1);
      const sends = cell.outputs.findLastIndex((output) => output.startsWith("send."));
      const tells = cell.outputs.findIndex((output) => told.includes(output));
      return sends > tells || (cell.to !== "Hiding" && last !== "endTransport" && last !== "closeTransport");
    });
    expect(names(wrong)).toEqual([]);
  });
});

describe("alerts.json", () => {
  it("AL-001: has names and codes of their own, none of them 0 or an application's", () => {
    const codes = alerts.alerts.map(({ code }) => code);
    expect(new Set(codes).size).toBe(codes.length);
    expect(new Set(alerts.alerts.map(({ name }) => name)).size).toBe(codes.length);
    expect(
      codes.filter((code) => !Number.isInteger(code) || code < 1 || code >= alerts.application.from),
    ).toEqual([]);
  });
});

describe("numbers elsewhere in the text", () => {
  const fields = [
    ...(pages.get("handshake.md") ?? "").matchAll(/^\| (\w*) ?\| (\d+) \| (\d+) \| .* \|$/gm),
  ].map((match) => ({ message: match[1] ?? "", offset: Number(match[2]), length: Number(match[3]) }));

  it("records.md has the record types of the code", () => {
    const rows = [...(pages.get("records.md") ?? "").matchAll(/^\| (\d) \| (\w+) \| /gm)];
    const types = rows.map((match): [string, number] => [(match[2] ?? "").toLowerCase(), Number(match[1])]);
    expect(Object.fromEntries(types)).toEqual(recordTypes);
  });

  it("HS-001: the fields of a message follow each other and fill its length", () => {
    const lengths: number[] = [];
    for (const { message, offset, length } of fields) {
      if (message !== "") lengths.push(0);
      expect(offset).toBe(lengths.at(-1));
      lengths[lengths.length - 1] = offset + length;
    }
    expect(lengths).toEqual([limits.helloLength, limits.challengeLength, limits.responseLength]);
  });

  it("NO-017: names and labels have the lengths and bytes that are printed", () => {
    const rows = [...(pages.get("notation.md") ?? "").matchAll(/^\| `(.+)` \| (\d+) \| `([0-9a-f]+)` \|$/gm)];
    expect(rows.length).toBe(5);
    for (const [, text = "", length, hex] of rows) {
      expect([text.length, Buffer.from(text).toString("hex")]).toEqual([Number(length), hex]);
    }
  });
});

describe("limits.md", () => {
  const rows = [...(pages.get("limits.md") ?? "").matchAll(/^\| .* \| ([\d,]+) \| .* \| `(\w+)` \|$/gm)].map(
    (match): [string, bigint] => [match[2] ?? "", BigInt((match[1] ?? "").replaceAll(",", ""))],
  );

  it("LM-001: has the numbers of the code, every one and no other", () => {
    const code = Object.entries(limits).map(([name, value]): [string, bigint] => [name, BigInt(value)]);
    expect(new Map(rows)).toEqual(new Map(code));
  });
});
