import type { Store } from "../base/record/store.ts";
import type { PipelineService } from "../build/pipeline/service.ts";
import type { ReleaseService } from "../ship/release/service.ts";
import type { ServingService } from "../ship/serving/service.ts";

/** How often a process looks whether another one ended and left something. */
const lookMs = 2000;

/** Where several processes share a store: routes follow what others released, and what an ended process left goes on here. Returns what ends it. */
export function followOthers(deps: {
  store: Store;
  serving: Pick<ServingService, "refresh">;
  releases: Pick<ReleaseService, "open">;
  pipeline: Pick<PipelineService, "adopt">;
}): () => Promise<void> {
  const { store } = deps;
  let refreshing: Promise<void> | undefined;
  let looking: Promise<void> | undefined;
  const failed = (what: string) => (error: unknown) => store.log.warn(what, { error: String(error) });

  const refresh = (): void => void (refreshing = deps.serving.refresh().catch(failed("others.routes")));
  const look = (): void => {
    looking ??= (async () => {
      await deps.releases.open();
      await deps.pipeline.adopt(false);
    })()
      .catch(failed("others.left"))
      .finally(() => (looking = undefined));
  };
  const off = store.events.on("entry", ({ subject }) => {
    if (subject.type === "release" || subject.type === "route") refresh();
  });
  const timer = setInterval(look, lookMs);
  timer.unref();
  return async () => {
    off();
    clearInterval(timer);
    await Promise.all([refreshing, looking]);
  };
}
