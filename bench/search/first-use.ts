import { Connection } from "../connection.ts";
import type { TrackingServer } from "../tracking/server.ts";
import { queries } from "./queries.ts";

export type FirstUse = {
  /** Of the first search of all, which looks at every run by what each of them has. */
  runsMs: number;
  /** Of the first search by each column of the corpus, on a server that knows the runs. */
  columns: { name: string; ms: number }[];
};

/** What the first search by a column waits for, for every column that the corpus names; to be asked of a server that has just been started. */
export async function firstUseOf(server: TrackingServer): Promise<FirstUse> {
  const connection = new Connection(server.url);
  await connection.opened;
  const msOf = async (orderBy: string): Promise<number> => {
    const began = performance.now();
    const body = { experiment_ids: ["1", "2", "3"], order_by: [orderBy], max_results: 1 };
    await connection.json(connection.post("/api/2.0/mlflow/runs/search", body));
    return performance.now() - began;
  };
  const runsMs = await msOf("attributes.start_time ASC");
  const named = queries.flatMap(
    ({ filter, orderBy }) => [filter, ...orderBy].join(" ").match(/\b(metrics|params|tags|attributes)\.\w+/g) ?? [],
  );
  const columns: FirstUse["columns"] = [];
  for (const name of new Set(named)) if (name !== "attributes.start_time") columns.push({ name, ms: await msOf(`${name} ASC`) });
  connection.close();
  return { runsMs, columns };
}
