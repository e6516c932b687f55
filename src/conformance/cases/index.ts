import type { Case } from "../case.ts";
import { alertCases } from "./alerts.ts";
import { challengeCases } from "./challenges.ts";
import { closingCases } from "./closing.ts";
import { configurationCases } from "./configurations.ts";
import { counterCases } from "./counters.ts";
import { cutCases } from "./cuts.ts";
import { helloCases } from "./hellos.ts";
import { libertyCases } from "./liberties.ts";
import { pingCases } from "./pings.ts";
import { recordCases } from "./records.ts";
import { replayCases } from "./replays.ts";
import { responseCases } from "./responses.ts";
import { verdictCases } from "./verdicts.ts";

/** Every case, family by family, what has to work first. */
export const cases: readonly Case[] = [
  ...libertyCases,
  ...configurationCases,
  ...helloCases,
  ...challengeCases,
  ...responseCases,
  ...verdictCases,
  ...recordCases,
  ...alertCases,
  ...cutCases,
  ...closingCases,
  ...pingCases,
  ...counterCases,
  ...replayCases,
];
