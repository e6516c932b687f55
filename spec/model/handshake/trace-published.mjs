/** Reads a path through boxed.maude, the published design, as trace.mjs reads one through the handshake. */

import { printTerm } from "./maude.mjs";
import { act, deliver, isOf, members, readPub, sayPub, send } from "./trace.mjs";

/**
 * @param {{label: string, before: Term, after: Term}[]} path
 */
export function readBoxedAttack(path) {
  const agentsOf = (state) =>
    new Map(
      members(state.args[0], "agents", "nobody").map((term) => [`${term.op} ${term.args[0].op}`, term]),
    );
  const names = new Map([...agentsOf(path[0].before)].map(([name, term]) => [term.args[0].op, name]));
  const steps = [...agentsOf(path[0].before)]
    .filter(([, term]) => term.op === "client")
    .map(([name]) => send(name, "SessionKey", { c: { ephemeral: name } }, "its session key"));
  for (const { label, before, after } of path) {
    const old = agentsOf(before);
    const [name, term] = [...agentsOf(after)].find(
      ([key, value]) => printTerm(value) !== printTerm(old.get(key)),
    );
    const peers = [...agentsOf(before)];
    if (label === "server-proof") {
      const c = readPub(term.args[2], names);
      steps.push(deliver(name, "SessionKey", { c }, `${sayPub(c)} as a session key`));
      const fields = {
        s: { ephemeral: name },
        key: term.args[1].op,
        proof: { seal: [{ key: term.args[1].op }, c], holds: c },
      };
      steps.push(
        send(
          name,
          "Proof",
          fields,
          `its session key, and the proof that ${term.args[1].op} boxed ${sayPub(c)}`,
        ),
      );
    } else if (label === "client-answer") {
      const s = readPub(term.args[3], names);
      const prover = peers.find(
        ([, peer]) => peer.op === "server" && peer.args[2] && isOf(peer.args[2], term.args[0].op),
      );
      const fields = { s, key: term.args[2].op, proof: prover ? { replay: prover[0] } : { seal: true } };
      steps.push(
        deliver(
          name,
          "Proof",
          fields,
          `${sayPub(s)} as a session key beside ${prover ? `${prover[0]}'s proof` : "a proof"}`,
        ),
      );
      const answer = { key: term.args[1].op, proof: { seal: [{ key: term.args[1].op }, s], holds: s } };
      steps.push(
        send(
          name,
          "Answer",
          answer,
          `its own key (${term.args[1].op}), and the proof that it boxed ${sayPub(s)}`,
        ),
      );
    } else if (label === "server-accept") {
      const identity = term.args[3].op;
      const prover = peers.find(([key, peer]) => {
        if (key === name) return false;
        const session = peer.args[peer.op === "client" ? 3 : 2];
        return session !== undefined && isOf(session, term.args[0].op);
      });
      const fields = { key: identity, proof: prover ? { replay: prover[0] } : { seal: true } };
      steps.push(
        deliver(
          name,
          "Answer",
          fields,
          `${identity}'s key beside ${prover ? `${prover[0]}'s proof` : "a proof"}`,
        ),
      );
      steps.push(act(name, "accept", `takes its peer for the client ${identity}`, { client: identity }));
    } else throw new Error(`no reading for the rule ${label}`);
  }
  return { steps };
}
