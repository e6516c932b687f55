export const suites: readonly string[] = [
  "src/protocol/noise/",
  "src/protocol/record/",
  "src/protocol/arguments.test.ts",
  "src/protocol/machine/",
  "src/protocol/handshake/",
];
export const suitesAlone: readonly string[] = ["src/nothing.test.ts"];
