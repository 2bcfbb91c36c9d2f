// Asks the served model for held-out rows, one by one, and compares with the scores that evaluate wrote for the same file.
//   node answers.ts --url http://127.0.0.1:7070 --scores work/scores.parquet --rows 2000
import { parseArgs } from "node:util";
import { NUMBERS } from "./features.ts";
import { Connection, ROUTE } from "./route.ts";
import { openTables, readColumns, sqlText } from "./table.ts";

const { values } = parseArgs({
  options: {
    url: { type: "string" },
    scores: { type: "string", default: "work/scores.parquet" },
    rows: { type: "string", default: "2000" },
  },
});
if (values.url === undefined) throw new Error("Say where the server is: --url http://127.0.0.1:7070");

const { count, columns } = await readColumns(
  await openTables(),
  `select ${NUMBERS.join(", ")}, origin, destination, score from read_parquet(${sqlText(values.scores)}) order by flight_id limit ${Number(values.rows)}`,
);
const connection = new Connection(values.url, 8);
let next = 0;
let worst = 0;
let failed = 0;
await Promise.all(
  Array.from({ length: 8 }, async () => {
    while (next < count) {
      const i = next++;
      const input = (name: string, datatype: string) => ({ name, shape: [1, 1], datatype, data: [columns[name]![i]] });
      const body = JSON.stringify({
        inputs: [...NUMBERS.map((name) => input(name, "FP32")), input("origin", "BYTES"), input("destination", "BYTES")],
      });
      const { status, text } = await connection.request("POST", `/v2/models/${ROUTE}/infer`, body, { "capstan-use": "release" });
      if (status !== 200) failed++;
      else
        worst = Math.max(
          worst,
          Math.abs((JSON.parse(text) as { outputs: { data: number[] }[] }).outputs[0]!.data[0]! - Number(columns["score"]![i])),
        );
    }
  }),
);
connection.close();
console.log(JSON.stringify({ done: true, rows: count, failed, worst: failed > 0 ? 1 : worst }));
