import { double, experimentId, integer, requiredText, text, texts } from "./fields.ts";
import { invalid } from "./failures.ts";
import { messageRoute } from "./message-route.ts";
import type { Input, WireRequest, WireRoute } from "./model.ts";
import type { OnlineScoring, Scorer } from "../evaluation/scorers.ts";
import type { Surface } from "./surface.ts";

const message = (one: Scorer): object => ({
  experiment_id: Number(one.experimentId),
  scorer_name: one.name,
  scorer_version: one.version,
  serialized_scorer: one.content,
  creation_time: one.createdMs,
  scorer_id: one.id,
});
const configMessage = (one: OnlineScoring): object => ({
  online_scoring_config_id: one.id,
  scorer_id: one.scorerId,
  sample_rate: one.sampleRate,
  experiment_id: one.experimentId,
  ...(one.filter !== null && { filter_string: one.filter }),
});
const list = (scorers: readonly Scorer[]): object => (scorers.length > 0 ? { scorers: scorers.map(message) } : {});

/** Scorers of experiments (version 3 of the protocol). */
export function scorerRoutes(surface: Surface): WireRoute[] {
  const { scorers } = surface.tracking.evaluation;
  const route = messageRoute("/mlflow/scorers");
  const place = async (input: Input, { caller }: WireRequest) =>
    surface.experiment(caller, experimentId(requiredText(input, "experiment_id")));
  return [
    route("POST", "/register", "log", async (input, request) => {
      const experiment = await place(input, request);
      const one = { experimentId: experiment.id, name: requiredText(input, "name"), content: requiredText(input, "serialized_scorer") };
      const made = await scorers.register({ project: experiment.project, ...one }, request.caller);
      return {
        version: made.version,
        scorer_id: made.id,
        experiment_id: made.experimentId,
        name: made.name,
        serialized_scorer: made.content,
        creation_time: made.createdMs,
      };
    }),
    route("GET", "/list", "read", async (input, request) => list(await scorers.list((await place(input, request)).id))),
    route("GET", "/versions", "read", async (input, request) => {
      const found = await scorers.versions((await place(input, request)).id, requiredText(input, "name"));
      if (found.length === 0) await scorers.get(text(input, "experiment_id") ?? "", requiredText(input, "name"));
      return list(found);
    }),
    route("GET", "/get", "read", async (input, request) => ({
      scorer: message(await scorers.get((await place(input, request)).id, requiredText(input, "name"), integer(input, "version"))),
    })),
    route("DELETE", "/delete", "log", async (input, request) => {
      await scorers.remove((await place(input, request)).id, requiredText(input, "name"), integer(input, "version"), request.caller);
      return {};
    }),
    route("GET", "/online-configs", "read", async (input, { caller }) => {
      const found = await scorers.online(texts(input, "scorer_ids"));
      const known = await surface.tracking.experiments.byId(found.map((one) => one.experimentId));
      const visible = found.filter((one) => surface.sees(caller, known.get(one.experimentId)?.project ?? ""));
      return { configs: visible.map(configMessage) };
    }),
    route("PUT", "/online-config", "log", async (input, request) => {
      const rate = double(input, "sample_rate");
      if (rate === undefined || !(rate >= 0 && rate <= 1))
        throw invalid("Invalid value for parameter 'sample_rate' supplied: It is a number from 0 to 1.");
      const scorer = await scorers.get((await place(input, request)).id, requiredText(input, "name"));
      return { config: configMessage(await scorers.setOnline(scorer, rate, text(input, "filter_string") || null)) };
    }),
  ];
}
