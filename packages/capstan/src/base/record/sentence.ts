import type { Entry } from "./model.ts";

const spoken = (name: string): string => name.replace(/^(local|user|service|token|job):/, "").replace(/^system:(.*)$/, "Capstan's $1");

/** `run.ended` on run 4f…, by local:ada: "ada ended run 4f…". Actions are `noun.verb` in the past tense, so the sentence follows from them. */
export function sentenceOf(entry: Entry): string {
  const [noun = "", verb = ""] = entry.action.split(".", 2);
  const subject = entry.subject.type === noun ? `${noun} ${entry.subject.id}` : `${noun} of ${entry.subject.type} ${entry.subject.id}`;
  return `${spoken(entry.actor.name)} ${verb.replace(/[-_]/g, " ")} ${subject.replace(/_/g, " ")}${entry.outcome === null ? "" : `: ${entry.outcome}`}`;
}
