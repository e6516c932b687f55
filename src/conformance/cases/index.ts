import type { Case } from "../case.ts";
import { alertCases } from "./alerts.ts";
import { challengeCases } from "./challenges.ts";
import { cutCases } from "./cuts.ts";
import { helloCases } from "./hellos.ts";
import { recordCases } from "./records.ts";
import { responseCases } from "./responses.ts";
import { verdictCases } from "./verdicts.ts";

/** Every case, family by family. */
export const cases: readonly Case[] = [
  ...helloCases,
  ...challengeCases,
  ...responseCases,
  ...verdictCases,
  ...recordCases,
  ...alertCases,
  ...cutCases,
];
