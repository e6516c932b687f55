/**
 * Turns a path that Maude found into the messages of an attack, symbolic and one a step, so that it can be read
 * and be executed on real bytes. README.md describes the format.
 *
 * @typedef {import("./maude.mjs").Term} Term
 */

import { printTerm } from "./maude.mjs";

/** The members of an associative-commutative term. */
export function members(term, operator, unit) {
  if (term.op === operator) return term.args.flatMap((part) => members(part, operator, unit));
  return term.op === unit ? [] : [term];
}

const nameOf = (agent) => `${agent.op} ${agent.args[1].op}`;

/** Whose key a public key is: `{ephemeral: "client 1"}`, `{key: "sam"}`, `{twin: …}` (another encoding). */
export function readPub(term, names) {
  if (term.op === "twin") return { twin: readPub(term.args[0], names) };
  const [base, secret] = term.args;
  if (term.op !== "exp" || base.op !== "g") throw new Error(`not a public key: ${printTerm(term)}`);
  if (secret.op === "m") return { ephemeral: "attacker" };
  if (secret.op === "k") return { key: secret.args[0].op };
  if (secret.op === "x") return { ephemeral: names.get(secret.args[0].op) };
  if (secret.op === "rx") return { ephemeral: names.get(secret.args[0].op), of: "route" };
  throw new Error(`not a public key: ${printTerm(term)}`);
}

export const sayPub = (pub) => {
  if (pub.twin) return `${sayPub(pub.twin)} in other bytes`;
  return pub.key ? `${pub.key}'s key` : `${pub.ephemeral}'s ephemeral`;
};

/** A route: a client's own, noise, or one that the attacker made. */
function readRoute(term, routes, names) {
  const client = routes.get(printTerm(term));
  if (client) return { replay: client };
  if (term.op === "junk") return { random: true };
  const sealed = term.op === "ownRoute" ? term.args[1] : term;
  const [, , hash, named] = sealed.args;
  const [, ephemeral] = hash.args;
  const [, via] = hash.args[0].args;
  return {
    seal: {
      via: readPub(via, names).key,
      ephemeral: readPub(ephemeral, names),
      names: readPub(named, names).key,
    },
  };
}

const sayRoute = (route) => {
  if (route.replay) return `${route.replay}'s route`;
  return route.random ? "noise for a route" : `a route to ${route.seal.names} made for ${route.seal.via}`;
};

/** One state's agents by name, with their fields. */
function readAgents(state) {
  const agents = new Map();
  for (const term of members(state.args[1], "agents", "nobody")) agents.set(nameOf(term), term);
  return agents;
}

function readClient(term) {
  const [phase, number, self, wanted, via, context, header, seen] = term.args;
  const [route, ephemeral, key, code] = seen.args;
  return {
    phase,
    number: number.op,
    self: self.op,
    wanted,
    via: via.op,
    context: context.op,
    header: header.op,
    route,
    ephemeral,
    key,
    code,
  };
}

function readServer(term) {
  const [phase, number, keys, mode, hello, peer] = term.args;
  const [header, ephemeral, route, key, code] = hello.args;
  return { phase, number: number.op, keys, mode, header, ephemeral, route, key, code, peer };
}

const read = (term) => (term.op === "client" ? readClient(term) : readServer(term));
/** Whether a public key is session `number`'s ephemeral, in whatever encoding. */
export const isOf = (pub, number) =>
  pub !== undefined && printTerm(pub.op === "twin" ? pub.args[0] : pub) === `exp(g, x(${number}))`;

/**
 * @param {{label: string, before: Term, after: Term}[]} path
 * @param {{verdictSealed: boolean}} switches
 * @returns {{steps: object[], ends: Record<string, string>}}
 */
export function readAttack(path, switches) {
  const names = new Map();
  const routes = new Map();
  const last = path.at(-1).after;
  const held = new Set(
    members(last.args[2].args[1], "exps", "noExp").flatMap((secret) =>
      secret.op === "k" ? [secret.args[0].op] : [],
    ),
  );
  for (const [name, term] of readAgents(last)) {
    names.set(term.args[1].op, name);
    if (term.op === "client") routes.set(printTerm(readClient(term).route), name);
  }
  const context = { names, routes, held, switches };
  const steps = path.flatMap(({ label, before, after }) => readStep(label, before, after, context));
  const ends = Object.fromEntries(
    [...readAgents(last)]
      .map(([name, term]) => [name, printTerm(term.args[0])])
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
  return { steps, ends };
}

function readStep(label, before, after, context) {
  const old = readAgents(before);
  const now = readAgents(after);
  if (label === "attacker-steals") {
    const keys = (state) =>
      members(state.args[2].args[1], "exps", "noExp").flatMap((secret) =>
        secret.op === "k" ? [secret.args[0].op] : [],
      );
    const stolen = keys(after).filter((key) => !keys(before).includes(key));
    return [
      {
        actor: "attacker",
        action: "steal",
        keys: stolen,
        text: `the attacker steals ${stolen.join(" and ")}`,
      },
    ];
  }
  const changed = [...now].filter(
    ([name, term]) => !old.has(name) || printTerm(old.get(name)) !== printTerm(term),
  );
  if (changed.length !== 1) throw new Error(`${label}: ${changed.length} agents changed`);
  const [name, term] = changed[0];
  const make = STEPS[label];
  if (!make) throw new Error(`no reading for the rule ${label}`);
  return make(name, read(term), { ...context, agents: now });
}

export const send = (actor, message, fields, text) => ({
  actor,
  action: "send",
  message,
  fields,
  text: `${actor} sends ${text}`,
});
export const deliver = (to, message, fields, text) => ({
  actor: "attacker",
  action: "deliver",
  to,
  message,
  fields,
  text: `the attacker delivers ${text} to ${to}`,
});
export const act = (actor, action, text, more = {}) => ({ actor, action, ...more, text: `${actor} ${text}` });

function helloDelivered(name, server, { names, routes }) {
  const fields = {
    header: server.header.op,
    e: readPub(server.ephemeral, names),
    route: readRoute(server.route, routes, names),
  };
  const header = fields.header === "h1" ? "" : `header ${fields.header}, `;
  return deliver(name, "Hello", fields, `a Hello (${header}${sayPub(fields.e)}, ${sayRoute(fields.route)})`);
}

function challengeSent(name, server) {
  const fields = { e: { ephemeral: name }, s: { key: server.key.op }, code: server.code.op };
  return send(name, "Challenge", fields, `a Challenge (${server.key.op}'s key, code ${server.code.op})`);
}

/** Who made the ciphertexts of a message: an honest end (they are repeated as they were), or the attacker. */
function origin(sealer, identity, held) {
  if (sealer) return { replay: sealer };
  return { seal: { static: held.has(identity) ? identity : null } };
}
const sayOrigin = (made, message) =>
  made.replay ? `${made.replay}'s ${message}` : `a ${message} of its own making`;

/** Whether a client and a server used each other's ephemerals. */
const met = (client, server) =>
  isOf(client.ephemeral, server.number) && isOf(server.ephemeral, client.number);

/** The name of the first agent of a kind that a test takes. */
const find = (agents, kind, test) =>
  [...agents].find(([, term]) => term.op === kind && test(read(term)))?.[0];

function challengeDelivered(name, client, { names, agents, held }) {
  const e = readPub(client.ephemeral, names);
  const maker = find(agents, "server", (server) => met(client, server));
  const made = origin(maker, client.key.op, held);
  const fields = { e, s: { key: client.key.op }, code: client.code.op, ...made };
  const text = `${sayOrigin(made, "Challenge")} (${sayPub(e)}, ${client.key.op}'s key, code ${client.code.op})`;
  return deliver(name, "Challenge", fields, text);
}

function responseSent(name, client) {
  const fields = { s: { key: client.self }, context: client.context };
  return send(name, "Response", fields, `its Response (${client.self}'s key, context ${client.context})`);
}

function responseDelivered(name, server, { agents, held }) {
  const [identity, context] = server.peer.args.map((part) => part.op);
  const made = origin(
    find(agents, "client", (client) => met(client, server)),
    identity,
    held,
  );
  const fields = { s: { key: identity }, context, ...made };
  return deliver(
    name,
    "Response",
    fields,
    `${sayOrigin(made, "Response")} (${identity}'s key, context ${context})`,
  );
}

const verdictSent = (name, word) => send(name, "Verdict", { word }, `the Verdict ${word}`);

function verdictDelivered(name, client, word, { agents, switches, held }) {
  const maker = find(agents, "server", (server) => {
    const said = server.phase.op === "open" ? "accept" : server.phase.args[0]?.op;
    return said === word && met(client, server);
  });
  const made = maker || switches.verdictSealed ? origin(maker, client.key.op, held) : { plain: true };
  const text = made.plain ? "an unsealed Verdict" : sayOrigin(made, "Verdict");
  return deliver(name, "Verdict", { word, ...made }, `${text} (${word})`);
}

const STEPS = {
  "client-hello": (name, client) => {
    const route =
      client.wanted.op === "want" ? { via: client.via, names: client.wanted.args[0].op } : { random: true };
    const text = route.random ? "no key expected" : `route to ${route.names} for ${route.via}`;
    return [
      send(name, "Hello", { header: client.header, e: { ephemeral: name }, route }, `a Hello (${text})`),
    ];
  },
  "server-challenge": (name, server, context) => [
    helloDelivered(name, server, context),
    challengeSent(name, server),
  ],
  "server-turns-away": (name, server, context) => [
    helloDelivered(name, server, context),
    challengeSent(name, server),
  ],
  "server-busy": (name, server, context) => [
    helloDelivered(name, server, context),
    challengeSent(name, server),
  ],
  "server-hides": (name) => [act(name, "hide", "hides: no route opened")],
  "server-forwards": (name) => [act(name, "forward", "passes the connection on")],
  "client-response": (name, client, context) => [
    challengeDelivered(name, client, context),
    responseSent(name, client),
  ],
  "client-looks": (name, client, context) => [
    challengeDelivered(name, client, context),
    act(name, "look", `shows its application ${client.key.op}'s key`),
  ],
  "client-trusts": (name, client) => [
    act(name, "trust", `trusts ${client.key.op}'s key`),
    responseSent(name, client),
  ],
  "client-distrusts": (name) => [act(name, "reject", "does not trust the key")],
  "client-turned-away": (name, client, context) => [
    challengeDelivered(name, client, context),
    act(name, "fail", `reports the refusal ${client.code.op}`, { code: client.code.op }),
  ],
  "client-wrong-key": (name) => [act(name, "fail", "finds another key than it expects")],
  "client-unproved-refusal": (name) => [act(name, "fail", "reports a refusal that proves nothing")],
  "server-response": (name, server, context) => [responseDelivered(name, server, context)],
  "server-wrong-context": (name, server, context) => [
    responseDelivered(name, server, context),
    verdictSent(name, "wrongContext"),
  ],
  "server-bad-response": (name) => [
    deliver(name, "Response", { random: true }, "noise for a Response"),
    verdictSent(name, "badResponse"),
  ],
  "server-accepts": (name) => [act(name, "accept", "lets the client in"), verdictSent(name, "accept")],
  "server-refuses": (name) => [act(name, "refuse", "refuses the client"), verdictSent(name, "notAuthorized")],
  "client-accepted": (name, client, context) => [verdictDelivered(name, client, "accept", context)],
  "client-refused": (name, client, context) => [
    verdictDelivered(name, client, client.phase.args[0].op, context),
  ],
};

/** One step a line, so that a change can be read in a diff. */
export function formatTrace({ steps, ...head }) {
  const fields = Object.entries(head).map(
    ([key, value]) => `  ${JSON.stringify(key)}: ${JSON.stringify(value)}`,
  );
  const lines = steps.map((step) => `    ${JSON.stringify(step)}`);
  return `{\n${[...fields, `  "steps": [\n${lines.join(",\n")}\n  ]`].join(",\n")}\n}\n`;
}

/** The attack as people read it. */
export function tellTrace({ steps }) {
  return steps.map((step, index) => `  ${index + 1}. ${step.text}`).join("\n");
}
