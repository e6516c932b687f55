import type { Case } from "../case.ts";
import { alertCases } from "./alerts.ts";
import { cutCases } from "./cuts.ts";
import { recordCases } from "./records.ts";

/** Every case, family by family. */
export const cases: readonly Case[] = [...recordCases, ...alertCases, ...cutCases];
