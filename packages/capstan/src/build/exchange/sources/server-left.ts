import { CapstanError } from "../../../base/foundation/errors.ts";
import type { Left } from "../model.ts";
import { type createMlflowClient, queryText } from "./client.ts";
import { type Json, list, noWebhooks, text } from "./words.ts";

const api = "/api/3.0/mlflow";

/** What a running server holds that an import does not take. What the server does not show is named, without a count. */
export async function serverLeft(client: ReturnType<typeof createMlflowClient>, experimentIds: readonly string[]): Promise<Left[]> {
  const left: Left[] = [];
  async function count(what: string, why: string, answers: () => AsyncIterable<number>): Promise<void> {
    let found = 0;
    try {
      for await (const one of answers()) found += one;
    } catch (error) {
      if (!(error instanceof CapstanError && error.code === "CAP-EXCHANGE-003")) throw error;
      const { status } = error.params;
      // Servers of other versions know no such noun.
      if (![400, 404, 405, 501].includes(Number(status))) left.push({ what, count: 0, why: `the server does not show them (${status})` });
    }
    if (found > 0) left.push({ what, count: found, why });
  }
  async function* pages(ask: (token: string) => Promise<Json>, field: string): AsyncGenerator<number> {
    for (let token = ""; ;) {
      const answer = await ask(token);
      yield list(answer[field]).length;
      token = text(answer["next_page_token"]);
      if (token === "") return;
    }
  }
  const none = "an import does not take these";
  await count("webhooks", noWebhooks, () =>
    pages((token) => client.get(`/api/2.0/mlflow/webhooks?${queryText({ page_token: token || undefined })}`), "webhooks"),
  );
  await count("issues", none, () =>
    pages((token) => client.post(`${api}/issues/search`, { max_results: 100, ...(token !== "" && { page_token: token }) }), "issues"),
  );
  await count("scorers", none, async function* () {
    for (const id of experimentIds)
      yield list((await client.get(`${api}/scorers/list?${queryText({ experiment_id: id })}`))["scorers"]).length;
  });
  return left;
}
