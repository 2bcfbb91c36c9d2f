import type { RunKind } from "../model.ts";
import { ordinaryKinds } from "../rules.ts";
import type { RunQuestion } from "./matching.ts";

type Input = {
  project: string;
  kind?: RunKind[] | undefined;
  experiment?: string | undefined;
  filter: string;
  state: "active" | "deleted";
  roots: boolean;
  parent?: string | undefined;
};

/** As it was asked, with what is meant where nothing was said. */
export const questionOf = (input: Input): RunQuestion => ({
  project: input.project,
  kinds: input.kind?.length ? input.kind : ordinaryKinds,
  experiment: input.experiment,
  filter: input.filter,
  state: input.state,
  roots: input.roots,
  parent: input.parent,
});
