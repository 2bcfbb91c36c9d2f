import type { Caller } from "../../../base/foundation/caller.ts";
import type { RunKind } from "../model.ts";
import { ordinaryKinds } from "../rules.ts";
import type { RunQuestion } from "./matching.ts";
import { askedOf } from "./vocabulary.ts";

type Input = {
  project: string;
  kind?: RunKind[] | undefined;
  experiment?: string | undefined;
  filter: string;
  state: "active" | "deleted";
  roots: boolean;
  parent?: string | undefined;
};

/** The name that a principal's runs are kept under; MLflow's clients say it without what kind of a principal it is. */
const namesOf = ({ actor: { kind, name } }: Caller): string[] => [
  name,
  ...(kind === "person" ? [name.slice(name.indexOf(":") + 1)].filter((one) => one !== name && one !== "") : []),
];

/** As it was asked at a moment by somebody, with what is meant where nothing was said. */
export const questionOf = (input: Input, nowMs: number, caller: Caller): RunQuestion => ({
  project: input.project,
  kinds: input.kind?.length ? input.kind : ordinaryKinds,
  experiment: input.experiment,
  filter: input.filter,
  // Others who ask the same mean themselves.
  ...(/\bme\b/.test(input.filter) && { me: caller.actor.name }),
  conditions: askedOf(input.filter, { nowMs, me: namesOf(caller) }),
  state: input.state,
  roots: input.roots,
  parent: input.parent,
});
