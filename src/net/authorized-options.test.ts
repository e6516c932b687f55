/** Why: what a line of authorized keys narrows is to hold at a real server, and over every kind of transport. */
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { clientKey, serverKey, testKey } from "../../properties/model/pair.ts";
import { folder, joinIn, pipePair, rejection, serve, until } from "../../properties/net/loopback.ts";
import { type AuthorizedKeys, openAuthorizedKeys } from "../keys/index.ts";
import { formatPublicKey } from "../keys/portable.ts";
import { accept } from "./accept.ts";
import { connect } from "./connect.ts";

const echo = (socket: { pipe(to: unknown): unknown }) => void socket.pipe(socket);
const line = (options: string, key = clientKey) => `${options} ${formatPublicKey(key.publicKey)}\n`;

async function authorizedBy(...lines: string[]): Promise<AuthorizedKeys> {
  const path = `${await folder()}/authorized_keys`;
  await writeFile(path, lines.join(""), { mode: 0o600 });
  return openAuthorizedKeys(path, { honours: ["from", "max"], settleMs: 1 });
}

describe("a server with options of authorized keys", () => {
  it("KT-097: lets a key in from where it may come, and not from elsewhere", async () => {
    const near = await serve(echo, { authorize: await authorizedBy(line('from="10.0.0.0/8,127.0.0.0/8"')) });
    (await joinIn(near)).destroy();
    const far = await serve(echo, { authorize: await authorizedBy(line('from="10.0.0.0/8"')) });
    expect(await rejection(joinIn(far))).toMatchObject({ alertName: "not_authorized" });
  });

  it("KT-098: lets a key with from not in over a unix socket", async () => {
    const authorize = await authorizedBy(
      line('from="0.0.0.0/0,::/0"'),
      line("", testKey("free")).trimStart(),
    );
    const server = await serve(echo, { authorize, path: `${await folder()}/s` });
    expect(await rejection(joinIn(server))).toMatchObject({ alertName: "not_authorized" });
    (await joinIn(server, { keyPair: testKey("free") })).destroy();
  });

  it("KT-099: one connection more than max is busy, until one is closed; other keys are not counted", async () => {
    const other = testKey("other");
    const authorize = await authorizedBy(line('max="2"'), line('max="1"', other));
    const server = await serve(echo, { authorize });
    const first = await joinIn(server);
    await joinIn(server);
    const told: unknown[] = [];
    const listen = (message: unknown) => told.push(message);
    subscribe("hawser:server:limit", listen);
    expect(await rejection(joinIn(server))).toMatchObject({ alertName: "busy" });
    unsubscribe("hawser:server:limit", listen);
    expect(told).toEqual([{ limit: "connectionsPerKey", remoteAddress: "127.0.0.1" }]);
    await joinIn(server, { keyPair: other });
    first.destroy();
    await until(() => server.connections.size === 2);
    let again: Awaited<ReturnType<typeof joinIn>> | undefined;
    while (again === undefined) again = await joinIn(server).catch(() => undefined);
    expect(await rejection(joinIn(server))).toMatchObject({ alertName: "busy" });
  });

  it("KT-099: counts those too that came before the file had a max, and at every server of it", async () => {
    const authorize = await authorizedBy(line("").trimStart());
    const [one, two] = [await serve(echo, { authorize }), await serve(echo, { authorize })];
    await joinIn(one);
    await writeFile(authorize.path, line('max="1"'));
    expect(await rejection(joinIn(two))).toMatchObject({ alertName: "busy" });
  });

  it("KT-099: a connection over a stream of one's own counts as any other", async () => {
    const authorize = await authorizedBy(line('max="1"'));
    const join = async () => {
      const [here, there] = pipePair();
      const theirs = connect({ stream: here, keyPair: clientKey, serverKey: serverKey.publicKey });
      const ours = accept(there, { keyPair: serverKey, authorize });
      ours.catch(() => undefined);
      const [socket, mine] = [await theirs, await ours];
      mine.on("error", () => undefined);
      return { socket, ours: mine };
    };
    const { socket, ours } = await join();
    expect(await rejection(join())).toMatchObject({ alertName: "busy" });
    const over = once(ours, "close");
    socket.end();
    socket.resume();
    ours.resume();
    await over;
    (await join()).socket.destroy();
  });

  it("KT-100: a file with an option that nobody said is honoured can't be opened", async () => {
    const path = `${await folder()}/authorized_keys`;
    await writeFile(path, `# who\n${line('max="1",from="127.0.0.1"')}`, { mode: 0o600 });
    expect(await rejection(openAuthorizedKeys(path))).toMatchObject({
      code: "ERR_HAWSER_KEY_FILE_OPTION",
      path,
      line: 2,
    });
    expect(await rejection(openAuthorizedKeys(path, { honours: ["from"] }))).toMatchObject({ line: 2 });
  });
});
