import { digestOfRun } from "../rules.ts";
import type { Credentials } from "../sources/client.ts";
import { serverSource } from "../sources/server.ts";
import type { Curves, ExportTask, HeldRun } from "./held.ts";
import { idTag, longestTag, type Target } from "./target.ts";

/** Reads back what was written, and compares it, the ids apart. Infinities come back as the greatest number, long tags without their ends. */
export async function compareRuns(
  { task, runs, models }: Target,
  address: string,
  credentials: Credentials,
  there: { id: string; name: string },
  experimentId: string,
  written: readonly HeldRun[],
): Promise<void> {
  if (written.length === 0) return;
  const mine = new Map(written.map((held) => [runs.get(held.run.id) ?? "", held]));
  const modelHere = new Map([...models].map(([here, id]) => [id, here]));
  const source = await serverSource({ from: address, ...credentials });
  const about = { ...there, lifecycle: "active", createdMs: 0, updatedMs: 0, tags: {} } as const;
  for await (const page of source.runs([about]))
    for (const run of await source.whole(page.filter((one) => mine.has(one.id)))) {
      const held = mine.get(run.id);
      if (!held) continue;
      const { [idTag]: _, "mlflow.runName": named, ...others } = run.tags;
      // A server writes the name as a tag, whether it came as one or not.
      const tags = { ...others, ...(held.run.tags["mlflow.runName"] !== undefined && named !== undefined && { "mlflow.runName": named }) };
      const parent = held.run.tags["mlflow.parentRunId"];
      const files = (await source.files({ uri: run.artifactUri, run: run.id })) ?? [];
      const artifacts = /^mlflow-artifacts:/i.test(run.artifactUri) ? files : held.artifacts;
      const clamped = (all: Curves): Curves =>
        new Map(
          [...all].map(([key, one]) => [
            key,
            { ...one, value: one.value.map((value) => Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, value))) },
          ]),
        );
      const theirs = await digestOfRun({
        ...run,
        id: held.run.id,
        experimentId,
        tags: { ...tags, ...(parent !== undefined && { "mlflow.parentRunId": parent }) },
        models: run.models.map((one) => ({ ...one, modelId: modelHere.get(one.modelId) ?? one.modelId })),
        artifacts,
      });
      const kept = held.run.models.filter((one) => models.has(one.modelId));
      const clipped = Object.fromEntries(Object.entries(held.run.tags).map(([key, value]) => [key, value.slice(0, longestTag)]));
      const curves = clamped(await held.curves());
      const ours = await digestOfRun({ ...held.run, tags: clipped, models: kept, curves, artifacts: held.artifacts });
      mine.delete(run.id);
      if (ours !== theirs) differs(task, held.run.id);
    }
  for (const held of mine.values()) differs(task, held.run.id);
}
const differs = ({ tally }: ExportTask, id: string): void => {
  tally.differs();
  tally.conflict({ noun: "run", id, code: "CAP-EXCHANGE-002", problem: "read back, it is not what this store says" });
};
