import type { Reason } from "@capstan/contract/operations/pipeline";
import type { StepFacts } from "./model.ts";
import { envDigestOf } from "./step-key.ts";

export type Because = (step: string) => readonly Reason[];
export type Told = {
  originOf(param: string): string | null;
  because: Because;
  /** Lines of a code file that differ, such as `prepare.py:20–24`. */ lines(path: string, old: string): string | null;
};

const short = (digest: string): string => digest.slice(0, 8);
const leaf = (one: Partial<Reason> & Pick<Reason, "kind" | "text">): Reason => ({
  name: "",
  old: null,
  new: null,
  origin: null,
  root: false,
  because: [],
  ...one,
});

export const simpleReason = (kind: Reason["kind"], text: string): Reason => leaf({ kind, text });

/** What differs between two executions of a step, the most telling first. Inputs with an empty digest are not known yet: they may come out the same. */
export function differences(old: StepFacts, now: StepFacts, told: Told): Reason[] {
  const reasons: Reason[] = [];
  if (old.command !== now.command)
    reasons.push(leaf({ kind: "command", text: "command changed", old: commandText(old.command), new: commandText(now.command) }));
  reasons.push(
    ...changes(new Map(old.params), new Map(now.params)).map(([name, before, after]) =>
      leaf({
        kind: "param",
        name,
        old: before,
        new: after,
        origin: told.originOf(name),
        text: `param ${name} ${before ?? "none"} → ${after ?? "none"}`,
      }),
    ),
  );
  reasons.push(
    ...changes(byPath(old.code), byPath(now.code)).map(([name, before, after]) => {
      const lines = before !== null && after !== null ? told.lines(name, before) : null;
      return leaf({
        kind: "code",
        name,
        old: before && short(before),
        new: after && short(after),
        origin: lines,
        text: `code ${lines ?? name} ${before === null ? "is new" : after === null ? "is gone" : "changed"}`,
      });
    }),
  );
  for (const input of now.inputs) {
    const before = old.inputs.find((one) => one.name === input.name);
    const step = stepOf(input.from);
    if (input.digest === "" && step !== null)
      reasons.push(
        leaf({
          kind: "input",
          name: input.name,
          old: before ? short(before.digest) : null,
          origin: input.from,
          text: `input ${input.name}, from ${step}`,
          because: [...told.because(step)],
        }),
      );
    else if (!before)
      reasons.push(
        leaf({ kind: "input", name: input.name, new: short(input.digest), origin: input.from, text: `input ${input.name} is new` }),
      );
    else if (before.digest !== input.digest || before.path !== input.path)
      reasons.push(
        leaf({
          kind: "input",
          name: input.name,
          old: short(before.digest),
          new: short(input.digest),
          origin: input.from,
          text: step !== null ? `input ${input.name}, from ${step}` : `input ${input.name} changed`,
          because: step !== null ? [...told.because(step)] : [],
        }),
      );
  }
  for (const gone of old.inputs.filter((input) => !now.inputs.some((one) => one.name === input.name)))
    reasons.push(leaf({ kind: "input", name: gone.name, old: short(gone.digest), text: `input ${gone.name} is gone` }));
  reasons.push(...environmentReasons(old, now));
  const outputs = (facts: StepFacts): string => facts.outputs.map((output) => `${output.name}: ${output.path} (${output.kind})`).join(", ");
  if (outputs(old) !== outputs(now))
    reasons.push(leaf({ kind: "output", text: "declared outputs changed", old: outputs(old), new: outputs(now) }));
  if (old.cwd !== now.cwd || old.network !== now.network || old.salt !== now.salt)
    reasons.push(
      leaf({ kind: "settings", text: old.salt !== now.salt ? "salt changed" : old.cwd !== now.cwd ? "cwd changed" : "network changed" }),
    );
  return reasons;
}

function environmentReasons(old: StepFacts, now: StepFacts): Reason[] {
  const reasons: Reason[] = [];
  const [before, after] = [old.env, now.env];
  if (before.lock?.digest !== after.lock?.digest)
    reasons.push(
      leaf({
        kind: "env",
        name: after.lock?.file ?? before.lock?.file ?? "lock",
        old: before.lock && short(before.lock.digest),
        new: after.lock && short(after.lock.digest),
        text: `env ${after.lock?.file ?? before.lock?.file ?? "lock"} changed`,
      }),
    );
  if (before.interpreter !== after.interpreter)
    reasons.push(
      leaf({
        kind: "env",
        name: "interpreter",
        old: before.interpreter,
        new: after.interpreter,
        text: `env ${before.interpreter ?? "none"} → ${after.interpreter ?? "none"}`,
      }),
    );
  if (before.platform !== after.platform)
    reasons.push(
      leaf({
        kind: "env",
        name: "platform",
        old: before.platform,
        new: after.platform,
        text: `env ${before.platform} → ${after.platform}`,
      }),
    );
  for (const [name, from, to] of changes(new Map(before.vars), new Map(after.vars)))
    reasons.push(leaf({ kind: "env", name, old: from, new: to, text: `env ${name} changed` }));
  return reasons;
}

/** What two executions had in common, grouped as people speak of it. */
export function sameFacts(old: StepFacts | null, now: StepFacts): { kind: string; name: string; value: string }[] {
  const same: { kind: string; name: string; value: string }[] = [];
  const is = <T>(value: (facts: StepFacts) => T | undefined): boolean => old === null || value(old) === value(now);
  for (const file of now.code)
    if (is((facts) => facts.code.find((one) => one.path === file.path)?.digest))
      same.push({ kind: "code", name: file.path, value: short(file.digest) });
  for (const [name, value] of now.params) if (is((facts) => new Map(facts.params).get(name))) same.push({ kind: "param", name, value });
  for (const input of now.inputs)
    if (input.digest !== "" && is((facts) => facts.inputs.find((one) => one.name === input.name)?.digest))
      same.push({ kind: "input", name: input.name, value: short(input.digest) });
  if (is((facts) => envDigestOf(facts)))
    same.push({
      kind: "env",
      name: now.env.lock?.file ?? now.env.interpreter ?? now.env.platform,
      value: now.env.lock ? short(now.env.lock.digest) : now.env.platform,
    });
  if (is((facts) => facts.command)) same.push({ kind: "command", name: "", value: commandText(now.command) });
  return same;
}

/** Marks the first leaf, depth first, as the root cause, and gives the texts on the way to it. */
export function withRoot(reasons: readonly Reason[]): { reasons: Reason[]; path: string[] } {
  const path: string[] = [];
  const mark = (all: readonly Reason[]): Reason[] =>
    all.map((one, i) => {
      if (i > 0) return one;
      path.push(one.text);
      return one.because.length > 0 ? { ...one, root: false, because: mark(one.because) } : { ...one, root: true };
    });
  return { reasons: mark(reasons.map(unmarked)), path };
}
const unmarked = (one: Reason): Reason => ({ ...one, root: false, because: one.because.map(unmarked) });

/** Why, in one short phrase. */
export const phrase = (reasons: readonly Reason[]): string => reasons[0]?.text ?? "";

/** `prepare.py:20–24`: first and last line that differ. */
export function changedLines(path: string, old: string, now: string): string {
  const [a, b] = [old.split("\n"), now.split("\n")];
  let first = 0;
  while (first < a.length && first < b.length && a[first] === b[first]) first++;
  let end = 0;
  while (end < a.length - first && end < b.length - first && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
  const last = Math.max(first + 1, b.length - end);
  return last > first + 1 ? `${path}:${first + 1}–${last}` : `${path}:${first + 1}`;
}

const stepOf = (from: string): string | null => (from.startsWith("step:") ? from.slice(5).replace(/\.[^.]*$/, "") : null);
const byPath = (code: StepFacts["code"]): Map<string, string> => new Map(code.map((file) => [file.path, file.digest]));
const commandText = (json: string): string => {
  const command = JSON.parse(json) as { text: string } | { argv: string[] };
  return "argv" in command ? command.argv.join(" ") : command.text;
};

function changes(
  old: ReadonlyMap<string, string>,
  now: ReadonlyMap<string, string>,
): [name: string, old: string | null, now: string | null][] {
  return [...new Set([...old.keys(), ...now.keys()])].sort().flatMap((name): [string, string | null, string | null][] => {
    const [before, after] = [old.get(name) ?? null, now.get(name) ?? null];
    return before === after ? [] : [[name, before, after]];
  });
}
