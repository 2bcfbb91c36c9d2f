import { Connection } from "../connection.ts";
import { median } from "../measure.ts";
import type { TrackingServer } from "../tracking/server.ts";
import { queries, type Query } from "./queries.ts";

export type WithTotal = {
  /** Of each query, by the way of our own table of runs. */
  ms: number[];
  /** How many totals were compared with the number of runs that the other wire gave. */
  checked: number;
};
const times = 5;
/** What the other wire gives in one answer. */
const mostChecked = 50_000;

/** The corpus as our own pages ask it, with the exact total of what each filter finds: in one experiment, or in all of the project where a query names several. */
export async function withTotals(server: TrackingServer, runs: number): Promise<WithTotal> {
  const connection = new Connection(server.url);
  await connection.opened;
  const ms: number[] = [];
  let checked = 0;
  for (const query of queries) {
    const all: number[] = [];
    let total = 0;
    for (let i = 0; i < times; i++) {
      const began = performance.now();
      const answer = connection.post("/api/v1/p/default/runs/search", bodyOf(query));
      ({ total } = await connection.json<{ total: number }>(answer));
      all.push(performance.now() - began);
    }
    ms.push(median(all));
    if (runs > mostChecked) continue;
    const body = { experiment_ids: inProject(query), filter: query.filter, max_results: mostChecked };
    const whole = await connection.json<{ runs?: object[] }>(connection.post("/api/2.0/mlflow/runs/search", body));
    if (whole.runs?.length !== total && !(total === 0 && whole.runs === undefined))
      throw new Error(`${query.filter}: the total is ${total}, and there are ${whole.runs?.length ?? 0} runs`);
    checked++;
  }
  connection.close();
  return { ms, checked };
}

const inProject = ({ experiments }: Query): string[] => (experiments.length === 1 ? experiments.map(String) : ["0", "1", "2", "3"]);

function bodyOf(query: Query): object {
  const [experiment] = query.experiments;
  const order = query.orderBy.map((one) => {
    const [name = "", direction] = one.split(" ");
    return `${direction === "DESC" ? "-" : ""}${name.replace(/^attributes\./, "")}`;
  });
  const columns = ["metrics.accuracy", "metrics.loss", "params.model", "params.lr", "tags.team"];
  return {
    ...(query.experiments.length === 1 && { experiment: String(experiment) }),
    filter: query.filter,
    order,
    columns,
    limit: 100,
    offset: query.page === 6 ? 500 : 0,
  };
}
