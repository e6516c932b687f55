/** A process that carries connections from one port to another, and does nothing else: what is under any tunnel in Node. */
import { connect, createServer } from "node:net";

const [from, to] = process.argv.slice(2).map(Number);
const options = { host: "127.0.0.1", noDelay: true, allowHalfOpen: true };

createServer({ noDelay: true, allowHalfOpen: true }, (near) => {
  const far = connect({ ...options, port: to as number });
  near.on("error", () => far.destroy());
  far.on("error", () => near.destroy());
  near.pipe(far);
  far.pipe(near);
}).listen(from, "127.0.0.1", 4_096);
