/**
 * Counterexamples as data: the model prints `@@ ACTOR WORD NUMBERS` in a guided run (spin -t), and this turns
 * the lines into steps that a person can read and a test can execute. README.md describes the format.
 */

const ACTORS = ["client", "server", "attacker"];
const KEYS = ["client", "server", "verdict", "response"];
const FIN = 64;
const PART = 65;
const TYPES = [undefined, "Data", "Alert", "Accept", "Close", "Ping", "Pong", "Response"];
const OUTCOMES = [
  undefined,
  "clean",
  "truncated",
  "abandoned",
  "alerted",
  "alert received",
  "malformed alert",
];
const CODES = {
  1: "internal_error",
  2: "bad_response",
  3: "not_authorized",
  5: "bad_record",
  6: "unexpected_record",
  7: "timeout",
  12: "cancelled",
};
const ALERT = 2;
const MALFORMED = 15;
const FORGED = 8;

/** What is on the wire under this number; `content` is what was sealed there (type * 16 + value). */
function record(wire, content) {
  if (wire === FIN) return { end: "boundary" };
  if (wire === PART) return { end: "inside a record" };
  const tampered = wire >= 128;
  const key = KEYS[(wire >> 4) & 3];
  const out = { key, nonce: wire & 15 };
  if (content !== undefined) {
    const type = content >> 4;
    const value = tampered ? (content & 15) ^ FORGED : content & 15;
    out.type = TYPES[type];
    if (type === ALERT) out.code = value === MALFORMED ? "malformed" : CODES[value];
    else if (value > 0) out.value = value;
  }
  if (tampered) out.tampered = true;
  return out;
}

function show(item) {
  if (item.end) return `end of file${item.end === "boundary" ? "" : " inside a record"}`;
  const what = [item.type ?? "record", item.code ?? item.value ?? ""].join(" ").trim();
  return `${what} (${item.key} ${item.nonce}${item.tampered ? ", tampered" : ""})`;
}

function attack(word, numbers, sealed) {
  const [number, first, second] = numbers;
  const [from, to] = [ACTORS[number], ACTORS[1 - number]];
  const action = word === "cut-inside" ? "cut" : word;
  const step = { actor: "attacker", action };
  if (word === "reset") return { ...step, against: to, text: `attacker resets the transport of the ${to}` };
  step.direction = `from ${from}`;
  if (word === "cut" || word === "cut-inside") {
    step.record = record(word === "cut" ? FIN : PART);
    step.text = `attacker cuts what comes from the ${from}: ${show(step.record)}`;
    return step;
  }
  step.record = record(first, sealed.get(first & 127));
  const does = word === "tamper" ? "tampers with" : `${word}s`;
  step.text = `attacker ${does} ${show(step.record)} on its way from the ${from}`;
  if (word === "swap") {
    step.record2 = record(second, sealed.get(second & 127));
    step.text = `attacker swaps ${show(step.record)} and ${show(step.record2)} on their way from the ${from}`;
  }
  if (word === "inject") step.text = `attacker injects ${show(step.record)} into what comes from the ${from}`;
  return step;
}

/**
 * @param {string} output of `spin -t`
 * @returns {{actor: string, action: string, text: string}[]} steps, in order
 */
export function readSteps(output) {
  const steps = [];
  /* content by name: what an attacker's step moves has been sent, or is the Response, sent beforehand */
  const sealed = new Map([[48, 7 << 4]]);
  for (const [, actorNumber, word, rest] of output.matchAll(/@@ (\d) ([\w-]+)((?: -?\d+)*)/g)) {
    const numbers = rest.trim() === "" ? [] : rest.trim().split(" ").map(Number);
    const actor = ACTORS[Number(actorNumber)];
    const last = steps.at(-1);
    if (word === "send") {
      sealed.set(numbers[0], numbers[1]);
      const sent = record(...numbers);
      last.sends = [...(last.sends ?? []), sent];
      last.text += `; sends ${show(sent)}`;
    } else if (word === "deliver") {
      last.delivers = record(...numbers);
      last.text += "; delivers it";
    } else if (word === "report") {
      last.reports = OUTCOMES[numbers[0]];
      last.text += `; reports: ${last.reports}`;
    } else if (word === "half-close") {
      last.transport = "half-closed";
      last.text += "; half-closes";
    } else if (word === "leave") {
      last.transport = numbers[0] === 1 ? "closed with unread input" : "closed";
      last.text += `; closes the transport${numbers[0] === 1 ? " with input unread: reset" : ""}`;
    } else if (actor === "attacker") {
      steps.push(attack(word, numbers, sealed));
    } else if (word === "receive") {
      const got = record(...numbers);
      steps.push({ actor, action: word, text: `${actor} receives ${show(got)}`, record: got });
    } else {
      steps.push({ actor, action: word, text: `${actor}: ${word}` });
    }
  }
  for (const step of steps) {
    const { text, ...others } = step;
    delete step.text;
    Object.assign(step, others, { text });
  }
  return steps;
}

/** One step a line, so that a change of a trace can be read in a diff. */
export function formatTrace({ steps, ...head }) {
  const fields = Object.entries(head).map(
    ([key, value]) => `  ${JSON.stringify(key)}: ${JSON.stringify(value)}`,
  );
  const lines = steps.map((step) => `    ${JSON.stringify(step)}`);
  return `{\n${fields.join(",\n")},\n  "steps": [\n${lines.join(",\n")}\n  ]\n}\n`;
}
