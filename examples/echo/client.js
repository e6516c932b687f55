// A first program, the client's side: it sends a line, and prints what comes back.
//
//     node examples/echo/client.js URL        with the URL that the server printed
import { connect, generateKeyPair } from "hawser";

const keyPair = await generateKeyPair();
const socket = await connect(process.argv[2], { keyPair });

socket.end("ahoy\n");
for await (const chunk of socket) process.stdout.write(chunk);
