import { CapstanError } from "../../base/foundation/errors.ts";
import type { Context } from "./context.ts";

/** `late-arrival@v3`, `model:late-arrival@3`, `late-arrival` (then the newest): a model and its version. */
export function modelReference(context: Context, word: string | undefined, verb: string): { model: string; version: string } {
  const match = /^(?:model:)?([a-z][a-z0-9-]*)(?:@(.+))?$/.exec(word ?? "");
  if (!match)
    throw new CapstanError("CAP-USAGE-001", {
      problem: word === undefined ? "which model?" : `${word} names no model; write MODEL or MODEL@v3`,
      verb,
    });
  return { model: match[1] ?? "", version: match[2] ?? "latest" };
}

/** `v3` or `3` as a number. */
export function versionNumber(version: string, verb: string): number {
  const match = /^v?([1-9]\d*)$/.exec(version);
  if (!match) throw new CapstanError("CAP-USAGE-001", { problem: `${version} is no version; write v3`, verb });
  return Number(match[1]);
}
