import { safePath } from "../rules.ts";
import { invalid } from "./failures.ts";

/** A path of an artifact, refused when it could mean another place than it says. */
export function safe(path: string): string {
  const found = safePath(path);
  if (found === undefined) throw invalid("Invalid path");
  return found;
}
