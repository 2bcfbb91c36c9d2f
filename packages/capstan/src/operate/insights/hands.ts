import type { Entry } from "../../base/record/model.ts";

/** Acts that are a person's own even where something on record led to them: a signature answers a dossier, but nobody signs because a dossier exists. */
const own = new Set(["dossier.approved", "dossier.declined"]);
/** What people begin; all else on the path follows from one of these. */
const begun = new Set(["data.version.added", "dossier.made", "release.started", "release.rolled_back", ...own]);

/**
 * Entries of a path that took a hand. A path turns from what led to its version: what lies before (data that was there already) took no hand this time.
 * An entry that names what led to it was not begun by a person, even where it was done with a person's rights. Starting the run that made the version is one hand, whatever it made.
 */
export function handsOn(path: readonly Entry[], because: string | null, run: string | null): Set<string> {
  const origin = path.find((entry) => entry.id === rootOf(path, because));
  const from = origin?.index ?? -1;
  const found = path.filter((entry) => {
    if (entry.actor.kind !== "person" || (entry.index ?? Number.MAX_SAFE_INTEGER) < from) return false;
    if (own.has(entry.action)) return true;
    if (entry.because !== null) return false;
    if (entry.action === "model.version.registered") return run === null;
    return begun.has(entry.action) || (entry.action === "run.ended" && entry.subject.id === run);
  });
  return new Set(found.map((entry) => entry.id));
}

/** The earliest entry that led to this one, as far as the path knows. */
function rootOf(path: readonly Entry[], id: string | null): string | null {
  const byId = new Map(path.map((entry) => [entry.id, entry]));
  const seen = new Set<string>();
  let at = id;
  while (at !== null && !seen.has(at)) {
    seen.add(at);
    const before: string | null = byId.get(at)?.because ?? null;
    if (before === null) return at;
    at = before;
  }
  return at;
}
