import { fileURLToPath } from "node:url";

/** Three million real flights, for tests that want size or truth. Columns date, delay, distance, origin, destination. */
export const flightsPath: string = fileURLToPath(
  new URL("../../../../node_modules/vega-datasets/data/flights-3m.parquet", import.meta.url),
);
