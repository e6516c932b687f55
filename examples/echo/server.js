// A first program, the server's side: it sends back what it gets.
//
//     node examples/echo/server.js            prints the URL that clients connect to
import { createServer, generateKeyPair } from "hawser";

// A key pair for as long as this runs. docs/guides/keys.md says how to keep one in a file.
const keyPair = await generateKeyPair();

// Everybody is let in, whatever their key; a real server says who.
const server = createServer({ keyPair, authorize: () => true }, (socket) => {
  socket.pipe(socket);
  socket.on("error", (error) => console.error(error.message));
});

server.listen(4100, "127.0.0.1", () => console.log(server.url()));
