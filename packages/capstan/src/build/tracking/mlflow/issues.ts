import { boolean, experimentId, integer, requiredText, text, texts } from "./fields.ts";
import { invalid, missing } from "./failures.ts";
import { messageRoute } from "./message-route.ts";
import type { WireRequest, WireRoute } from "./model.ts";
import type { Issue } from "../evaluation/issues.ts";
import type { Surface } from "./surface.ts";

const statuses = ["pending", "resolved", "rejected"];
const severities = ["not_an_issue", "low", "medium", "high"];
const among = (name: string, value: string | undefined, known: readonly string[]): string | undefined => {
  if (value === undefined || value === "") return undefined;
  if (!known.includes(value.toLowerCase()))
    throw invalid(`Invalid value ${JSON.stringify(value)} for parameter '${name}' supplied: It is one of ${known.join(", ")}.`);
  return value.toLowerCase();
};

const message = (one: Issue): object => ({
  issue_id: one.id,
  experiment_id: one.experimentId,
  name: one.name,
  description: one.description,
  status: one.status,
  ...(one.severity !== null && { severity: one.severity }),
  ...(one.rootCauses.length > 0 && { root_causes: one.rootCauses }),
  ...(one.sourceRunId !== null && { source_run_id: one.sourceRunId }),
  created_timestamp: one.createdMs,
  last_updated_timestamp: one.updatedMs,
  ...(one.createdBy !== null && { created_by: one.createdBy }),
  ...(one.categories.length > 0 && { categories: one.categories }),
});

/** Issues of experiments (version 3 of the protocol). */
export function issueRoutes(surface: Surface): WireRoute[] {
  const { issues } = surface.tracking.evaluation;
  const route = messageRoute("/mlflow/issues");
  async function seen({ params, caller }: WireRequest): Promise<Issue> {
    const found = await issues.get(params["issue_id"] ?? "");
    if (!surface.sees(caller, found.project)) throw missing("issue", found.id);
    return found;
  }
  return [
    route("POST", "", "log", async (input, { caller }) => {
      const experiment = await surface.experiment(caller, experimentId(requiredText(input, "experiment_id")));
      const made = await issues.create(
        {
          project: experiment.project,
          experimentId: experiment.id,
          name: requiredText(input, "name"),
          description: requiredText(input, "description"),
          status: among("status", text(input, "status"), statuses) ?? "pending",
          severity: among("severity", text(input, "severity"), severities) ?? null,
          rootCauses: texts(input, "root_causes"),
          categories: texts(input, "categories"),
          sourceRunId: text(input, "source_run_id") || null,
          createdBy: text(input, "created_by") || null,
        },
        caller,
      );
      return { issue: message(made) };
    }),
    route("POST", "/search", "read", async (input, { caller }) => {
      boolean(input, "include_trace_count");
      const limit = integer(input, "max_results") || 100;
      if (limit < 1 || limit > 1000)
        throw invalid(`Invalid value ${limit} for parameter 'max_results' supplied: It must be at least 1 and at most 1000.`);
      const place = text(input, "experiment_id");
      const found = await issues.search({
        experimentId: place ? experimentId(place) : undefined,
        filter: text(input, "filter_string"),
        limit,
        pageToken: text(input, "page_token"),
        projects: caller.projects,
      });
      return { ...(found.issues.length > 0 && { issues: found.issues.map(message) }), next_page_token: found.next ?? "" };
    }),
    route("GET", "/{issue_id}", "read", async (_, request) => ({ issue: message(await seen(request)) })),
    route("PATCH", "/{issue_id}", "log", async (input, request) => {
      const issue = await seen(request);
      const [name, description] = [text(input, "name"), text(input, "description")];
      const status = among("status", text(input, "status"), statuses);
      const severity = among("severity", text(input, "severity"), severities);
      const changed = await issues.change(
        issue.id,
        {
          ...(name && { name }),
          ...(description !== undefined && { description }),
          ...(status && { status }),
          ...(severity && { severity }),
        },
        request.caller,
      );
      return { issue: message(changed) };
    }),
  ];
}
