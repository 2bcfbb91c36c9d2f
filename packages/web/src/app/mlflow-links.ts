import { client } from "../data/api.ts";

/** The path of ours that a link as MLflow clients print it means: `#/experiments/<id>/runs/<run id>`, `#/experiments/<id>`, `#/models/<name>/versions/<v>`. */
export async function fromMlflow(hash: string): Promise<string | undefined> {
  const path = /^#\/([^?]+)/
    .exec(hash)?.[1]
    ?.split("/")
    .filter((part) => part !== "")
    .map(decodeURIComponent);
  if (!path || !(path[0] === "experiments" || path[0] === "models") || path[1] === undefined) return undefined;
  const { projects } = await client.call("projects.list", {}).catch(() => ({ projects: [] }));
  for (const { project } of projects) {
    const found =
      path[0] === "models"
        ? await client.call("models.get", { project, model: path[1] }).then(
            () => `/p/${project}/models/${path[1]}${path[2] === "versions" ? `/v${path[3]}` : ""}`,
            () => undefined,
          )
        : path[2] === "runs" && path[3] !== undefined
          ? await client.call("runs.get", { project, run: path[3] }).then(
              (run) => `/p/${run.project}/runs/${run.id}`,
              () => undefined,
            )
          : await client.call("experiments.get", { project, experiment: path[1] }).then(
              (one) => `/p/${one.project}/experiments/${one.id}`,
              () => undefined,
            );
    if (found !== undefined) return found;
  }
  return undefined;
}
