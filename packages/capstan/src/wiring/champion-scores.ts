import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Store } from "../base/record/store.ts";
import type { Analytics } from "../build/data/analytics.ts";
import type { Against } from "../build/checks/model.ts";
import { loadOnnx } from "../build/inference/onnx.ts";
import { scoreTable } from "../build/inference/score-table.ts";
import type { ModelVersion, RegistryService } from "../build/registry/model.ts";

type Rows = Against & { digest: string };
const text = (value: string): string => `'${value.replaceAll("'", "''")}'`;

/**
 * Rows with truth (Parquet) get a column `champion_score`: the live version's answers on these very rows, computed here.
 * Without a live version, or when the version asked about is the live one, the rows stay as they are.
 */
export async function withChampion(
  deps: { store: Store; analytics: Analytics; registry: RegistryService },
  version: ModelVersion,
  rows: Rows,
): Promise<Rows> {
  const { analytics, store } = deps;
  const live = await deps.registry.find(version.project, version.model, "live");
  const [path] = rows.paths;
  if (!live || live.digest === version.digest || path === undefined) return rows;
  const folder = join(store.folder, "tmp");
  await mkdir(folder, { recursive: true });
  const name = `champion-${rows.digest.slice(0, 16)}-${live.digest.slice(0, 16)}`;
  const [scores, target] = [join(folder, `${name}.csv`), join(folder, `${name}.parquet`)];
  const runtime = await loadOnnx(await store.blobs.localPath(live.digest));
  try {
    const inputs = runtime.signature.inputs.map((column) => `"${column.name.replaceAll('"', '""')}"`).join(", ");
    const table = await analytics.columns(
      `select ${inputs} from read_parquet(${text(path)}, file_row_number = true) order by file_row_number`,
    );
    const answers = await scoreTable(runtime, table.columns, table.rows);
    const output = answers.columns[runtime.signature.outputs[0]?.name ?? ""];
    const lines = ["row,champion_score"];
    for (let i = 0; i < table.rows; i++) lines.push(`${i},${String(output?.[i])}`);
    await writeFile(scores, `${lines.join("\n")}\n`);
    await analytics.all(
      `copy (select rows.* exclude (file_row_number), champion.champion_score from read_parquet(${text(path)}, file_row_number = true) rows join read_csv(${text(scores)}) champion on champion.row = rows.file_row_number order by rows.file_row_number) to ${text(target)} (format parquet)`,
    );
  } finally {
    await runtime.close();
    await rm(scores, { force: true });
  }
  return { name: rows.name, paths: [target], digest: rows.digest };
}
