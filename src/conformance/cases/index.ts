import type { Case } from "../case.ts";
import { recordCases } from "./records.ts";

/** Every case, family by family. */
export const cases: readonly Case[] = [...recordCases];
