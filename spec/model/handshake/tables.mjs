/** The tables of ../README.md that are made from checks.json and ablations.json. */

const LEGEND = {
  serverImpersonated: "server impersonated",
  clientImpersonated: "client impersonated",
  transportKeysKnown: "transport keys known",
  verdictForged: "verdict forged",
  disagreement: "disagreement",
  clientShown: "client shown",
  serverShown: "server shown",
  headerChanged: "header changed",
  pastKeysKnown: "past keys known",
  routeReused: "route reused",
  stealthBroken: "stealth broken",
};

const row = (cells) => `| ${cells.join(" | ")} |`;
const tabulate = (head, rows, align) => [row(head), row(align), ...rows.map(row)].join("\n");

/** Scenario, states, what it is. */
function scenarios({ scenarios: all }) {
  const rows = all.map(({ name, states, about, nightly, but }) => {
    const expected = but ? ` (expected there: ${but.map((goal) => LEGEND[goal]).join(", ")})` : "";
    return [`\`${name}\``, nightly ? "nightly" : "commit", states, `${about}${expected}`];
  });
  return tabulate(["scenario", "run", "states", "what"], rows, ["---", "---", "--:", "---"]);
}

/** Ablation × goal: the first scenario in which the attack is found. */
function ablations({ goals }, { ablations: all }) {
  const columns = Object.keys(goals);
  const rows = all.map(({ name, breaks }) => [
    `\`${name}\``,
    ...columns.map((goal) => breaks[goal]?.[0] ?? ""),
  ]);
  const head = ["without", ...columns.map((goal) => LEGEND[goal])];
  return tabulate(
    head,
    rows,
    head.map(() => "---"),
  );
}

const marks = (name) => [`<!-- ${name}: made by handshake/run.mjs --write -->`, `<!-- end of ${name} -->`];

/**
 * The text of README.md with its tables as they are now.
 *
 * @param {string} readme
 * @throws when a mark is missing
 */
export function fillTables(readme, checks, table) {
  let text = readme;
  for (const [name, content] of [
    ["scenarios", scenarios(checks)],
    ["ablations", ablations(checks, table)],
  ]) {
    const [open, close] = marks(name);
    const [from, to] = [text.indexOf(open), text.indexOf(close)];
    if (from < 0 || to < from) throw new Error(`README.md has no place for the table "${name}"`);
    text = `${text.slice(0, from)}${open}\n\n${content}\n\n${text.slice(to)}`;
  }
  return text;
}

/** The text of checks.json with the numbers of states that were counted. */
export function fillStates(text, counted) {
  let filled = text;
  for (const [name, states] of counted) {
    filled = filled.replace(
      new RegExp(`(\\{ "name": "${name}", )(?:"states": \\d+, )?`),
      (_, head) => `${head}"states": ${states}, `,
    );
  }
  return filled;
}
