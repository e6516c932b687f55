/** The requirements in `spec/*.md`: list items that begin with a bold identifier, `- **HS-012** The client MUST …`. */

/** The prefixes of identifiers, and the file in `spec/` where those of each are. */
export const prefixes: Readonly<Record<string, string>> = {
  NO: "notation.md",
  HS: "handshake.md",
  RT: "route.md",
  RC: "records.md",
  AL: "alerts.md",
  ST: "states.md",
  LM: "limits.md",
  SC: "security.md",
  KT: "keys.md",
  TR: "transfer.md",
  CF: "conformance.md",
  AG: "agent.md",
};

export interface Requirement {
  readonly id: string;
  /** Without the identifier, its lines joined by spaces. */
  readonly text: string;
}

const idPattern = `(?:${Object.keys(prefixes).join("|")})-\\d{3}`;
const keyword = /\b(?:MUST|SHALL|SHOULD|RECOMMENDED|REQUIRED|OPTIONAL|MAY)\b/;

/** What looks like an identifier anywhere in a text, in its order, repetitions included. */
export function citations(text: string): string[] {
  return text.match(new RegExp(`\\b${idPattern}\\b`, "g")) ?? [];
}

/** The requirements of a page, in its order. */
export function requirements(markdown: string): Requirement[] {
  return blocks(markdown).flatMap((block) => {
    const match = new RegExp(`^(?:-|\\d+\\.) \\*\\*(${idPattern})\\*\\* (.*)$`).exec(block);
    return match === null ? [] : [{ id: match[1] ?? "", text: match[2] ?? "" }];
  });
}

/** What a page does that the rules for requirements forbid, a line a fault. */
export function faults(file: string, markdown: string): string[] {
  const found: string[] = [];
  for (const block of blocks(markdown)) {
    const text = block.replaceAll(/`[^`]*`/g, "``");
    const [requirement] = requirements(block);
    if (requirement === undefined) {
      if (keyword.test(text)) found.push(`${file}: a keyword outside a requirement: ${block}`);
      if (/^(?:-|\d+\.)? ?\*\*[A-Z]{2}-/.test(block)) found.push(`${file}: a malformed identifier: ${block}`);
      continue;
    }
    const prose = requirement.text.replaceAll(/`[^`]*`/g, "``");
    const home = prefixes[requirement.id.slice(0, 2)];
    if (home !== file) found.push(`${file}: ${requirement.id} belongs into ${home}`);
    if (!prose.endsWith(".")) found.push(`${file}: ${requirement.id} does not end as a sentence`);
    if (/[.!?]\s+["“(*]?[A-Z]/.test(prose))
      found.push(`${file}: ${requirement.id} is more than one sentence`);
    if (/\b(?:must|shall)\b/.test(prose.replaceAll(/\([^)]*\)/g, "")))
      found.push(`${file}: ${requirement.id} has a keyword in small letters`);
  }
  return found;
}

/** Paragraphs, list items and table rows, each joined to one line; code, quotations, headings and comments left out. */
function blocks(markdown: string): string[] {
  const result: string[] = [];
  let current = "";
  let inCode = false;
  const end = (): void => {
    if (current !== "") result.push(current);
    current = "";
  };
  for (const line of markdown.split("\n")) {
    if (line.startsWith("```")) {
      inCode = !inCode;
      end();
    } else if (inCode) {
    } else if (line.trim() === "" || /^(?:#|>|<!--)/.test(line)) {
      end();
    } else {
      if (/^\s*(?:-|\d+\.) |^\|/.test(line)) end();
      current = current === "" ? line : `${current} ${line.trim()}`;
    }
  }
  end();
  return result;
}
