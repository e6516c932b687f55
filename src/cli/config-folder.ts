import { isAbsolute, join } from "node:path";
import type { Surroundings } from "./surroundings.ts";

/**
 * Hawser's folder among a person's settings, as the XDG Base Directory Specification has it: a relative path in the
 * environment counts as none.
 */
export function configFolder({ env, homeFolder }: Pick<Surroundings, "env" | "homeFolder">): string {
  const said = env["XDG_CONFIG_HOME"];
  const base = said !== undefined && isAbsolute(said) ? said : join(homeFolder(), ".config");
  return join(base, "hawser");
}
