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

/** As it was asked at a moment, with what is meant where nothing was said. */
export const questionOf = (input: Input, nowMs: number): RunQuestion => ({
  project: input.project,
  kinds: input.kind?.length ? input.kind : ordinaryKinds,
  experiment: input.experiment,
  filter: input.filter,
  conditions: askedOf(input.filter, nowMs),
  state: input.state,
  roots: input.roots,
  parent: input.parent,
});
