import { CapstanError } from "../../../base/foundation/errors.ts";
import { type ExactJson, ExactNumber, parseExact } from "../../tracking/traces/exact-json.ts";
import type { Span } from "../../tracking/traces/model.ts";
import { spanOf, spansOfFile } from "../../tracking/traces/span-text.ts";
import { inTurns } from "../import/artifacts.ts";
import type { SourceExperiment, SourceTrace, TraceHead } from "../model.ts";
import { type createMlflowClient, queryText } from "./client.ts";
import { traceMark } from "./mark.ts";
import { type Info, infoOf, olderInfoOf } from "./trace-words.ts";
import { type Json, list, said, text } from "./words.ts";

type Client = ReturnType<typeof createMlflowClient>;
const [tracesPerPage, atOnce] = [100, 4];
const isNothing = (error: unknown): boolean =>
  error instanceof CapstanError && [400, 404, 405, 501].includes(Number(error.params["status"]));

/** Traces of a running server. `runs` are those of an experiment that traces may be linked to. */
export function serverTraces(client: Client, runs: (experimentId: string) => readonly string[]) {
  const members = (value: ExactJson | undefined): Record<string, ExactJson> =>
    typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof ExactNumber) ? value : {};

  /** Spans by their trace, in which every number is as it was written. */
  async function spansOf(ids: readonly string[]): Promise<Map<string, Span[]>> {
    const found = new Map<string, Span[]>();
    try {
      const answer = await (await client.send("GET", `/api/3.0/mlflow/traces/batchGet?${queryText({ trace_ids: ids })}`)).text();
      const { traces } = members(parseExact(answer));
      for (const one of Array.isArray(traces) ? traces : []) {
        const { trace_info: info, spans } = members(one);
        if (Array.isArray(spans) && spans.length > 0)
          found.set(
            text(members(info)["trace_id"]),
            spans.map((span) => spanOf(span, "typed")),
          );
      }
    } catch (error) {
      if (!isNothing(error)) throw error;
    }
    await inTurns(
      ids.filter((id) => !found.has(id)),
      atOnce,
      async (id) => {
        for (const major of [3, 2])
          try {
            const answer = await client.send("GET", `/ajax-api/${major}.0/mlflow/get-trace-artifact?${queryText({ request_id: id })}`);
            const spans = spansOfFile(await answer.text());
            if (spans) return void found.set(id, spans);
          } catch (error) {
            if (!(error instanceof CapstanError && error.code === "CAP-EXCHANGE-003")) throw error;
          }
      },
    );
    return found;
  }

  async function* infos(experimentId: string): AsyncIterable<Info[]> {
    const locations = [{ type: "MLFLOW_EXPERIMENT", mlflow_experiment: { experiment_id: experimentId } }];
    for (let token = ""; ;) {
      let answer: Json;
      const body = { locations, max_results: tracesPerPage, order_by: ["timestamp_ms ASC"], ...(token !== "" && { page_token: token }) };
      try {
        answer = await client.post("/api/3.0/mlflow/traces/search", body);
      } catch (error) {
        if (token !== "" || !isNothing(error)) throw error;
        return yield* olderInfos(experimentId);
      }
      yield list(answer["traces"]).map(infoOf);
      token = text(answer["next_page_token"]);
      if (token === "") return;
    }
  }
  async function* olderInfos(experimentId: string): AsyncIterable<Info[]> {
    for (let token: string | undefined; ;) {
      const query = queryText({
        experiment_ids: [experimentId],
        max_results: tracesPerPage,
        order_by: ["timestamp_ms ASC"],
        page_token: token,
      });
      const answer = await client.find(`/api/2.0/mlflow/traces?${query}`).catch((error: unknown) => {
        if (isNothing(error)) return undefined;
        throw error;
      });
      yield list(answer?.["traces"]).map(olderInfoOf);
      token = said(answer?.["next_page_token"]) ?? undefined;
      if (token === undefined) return;
    }
  }

  /** Runs of an experiment by the traces that were linked to them; those that a trace says itself are not asked for. */
  async function linksOf(experimentId: string): Promise<Map<string, string[]>> {
    const found = new Map<string, string[]>();
    await inTurns(runs(experimentId), atOnce, async (run) => {
      const locations = [{ type: "MLFLOW_EXPERIMENT", mlflow_experiment: { experiment_id: experimentId } }];
      for (let token = ""; ;) {
        const answer = await client.post("/api/3.0/mlflow/traces/search", {
          locations,
          max_results: 500,
          filter: `attributes.run_id = '${run}'`,
          ...(token !== "" && { page_token: token }),
        });
        for (const one of list(answer["traces"]).map(infoOf))
          if (one.metadata["mlflow.sourceRun"] !== run) found.set(one.id, [...(found.get(one.id) ?? []), run]);
        token = text(answer["next_page_token"]);
        if (token === "") return;
      }
    }).catch((error: unknown) => {
      if (!isNothing(error)) throw error;
    });
    return found;
  }

  async function* traces(experiments: readonly Pick<SourceExperiment, "id">[]): AsyncIterable<TraceHead[]> {
    for (const { id } of experiments)
      for await (const page of infos(id))
        yield page.map((one) => {
          const head = { ...one, runs: [] };
          return { ...head, mark: traceMark(head, null) };
        });
  }

  const links = new Map<string, Promise<Map<string, string[]>>>();
  async function whole(page: readonly TraceHead[]): Promise<SourceTrace[]> {
    if (page.length === 0) return [];
    const spans = await spansOf(page.map((one) => one.id));
    const found: SourceTrace[] = [];
    for (const one of page) {
      const linked = links.get(one.experimentId) ?? linksOf(one.experimentId);
      links.set(one.experimentId, linked);
      found.push({ ...one, spans: spans.get(one.id) ?? null, runs: (await linked).get(one.id) ?? [] });
    }
    return found;
  }
  return { traces, whole };
}
