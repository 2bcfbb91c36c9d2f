import type { Database } from "../base/storage/database.ts";
import type { DataService } from "../build/data/model.ts";
import type { PipelineService } from "../build/pipeline/service.ts";
import type { ReferenceRows } from "../operate/monitoring/model.ts";

/**
 * What monitors compare with: a dataset version, or the output of a step as the plain files make it. A run with `--set`, such as a retraining,
 * is another computation and does not move the reference by itself.
 */
export const createReferenceRows = (deps: {
  database: Database;
  pipeline: Pick<PipelineService, "output">;
  data: Pick<DataService, "resolve">;
}): ReferenceRows => ({
  async resolve(project, reference) {
    if (reference.startsWith("data:")) {
      const { version, source } = await deps.data.resolve(project, reference);
      return source ? { paths: source.paths, digest: version.digest, name: reference } : undefined;
    }
    const [, step = "", output = ""] = /^step:([^.]+)\.(.+)$/.exec(reference) ?? [];
    const plain = await deps.database.find<{ id: string }>(
      "select p.id from pipeline_run p join step_run s on s.pipeline_run = p.id where p.project = ? and p.plain = 1 and s.step = ? and s.state in ('ran', 'reused') order by p.number desc limit 1",
      [project, step],
    );
    const made = await deps.pipeline.output(project, step, output, plain?.id).catch(() => undefined);
    return made && { paths: [made.localPath], digest: made.digest, name: reference };
  },
});
