/** Why: with --workers a service is run as without, so all that holds of its signals, log, numbers and sockets is asked again. */
process.env["HAWSER_WORKERS"] = "2";

await import("../tunnel-operation.test.ts");
await import("../tunnel-systemd.test.ts");

export {};
