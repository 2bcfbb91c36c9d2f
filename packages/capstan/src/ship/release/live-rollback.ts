import type { Caller } from "../../base/foundation/caller.ts";
import { CapstanError } from "../../base/foundation/errors.ts";
import { type RegistryService, versionName } from "../../build/registry/model.ts";
import { armOf, moved } from "../serving/rules.ts";
import { releaseName } from "./model.ts";
import type { MovingDeps } from "./moving-release.ts";
import { insertTransition, listReleases, updateRelease } from "./store.ts";

export type RolledBack = {
  readonly route: string;
  readonly from: string;
  readonly to: string;
  readonly epoch: number;
  readonly tookMs: number;
  readonly release: string | null;
  readonly entryId: string;
};

/** No release moves the route: what was live before is live again. */
export async function rollbackLive(
  { store, serving, registry }: Pick<MovingDeps, "store" | "serving"> & { readonly registry: RegistryService },
  project: string,
  route: string,
  caller: Caller,
  options: { to?: string; reason?: string },
): Promise<RolledBack> {
  const served = serving.find(route);
  const live = served?.live;
  if (!served || !live || served.settings.project !== project) throw new CapstanError("CAP-SERVE-002", { route });
  const wanted = options.to === undefined ? undefined : await registry.get(project, live.spec.model, options.to);
  const target = wanted ? armOf(wanted, "live", 1, store.clock.nowMs()) : (served.back?.spec ?? null);
  if (!target || target.bundle === live.spec.bundle) throw new CapstanError("CAP-SERVE-007", { route });
  const now = store.clock.nowMs();
  const because = options.reason ?? "rolled back by hand";
  const entryId = store.recorder.newEntryId();
  const next = { project, route, arms: [moved(target, "live", 1, now)], back: null, salt: "", release: null, reason: because, entryId };
  const finish = async (tookMs: number, epoch: number) => {
    const all = await listReleases(store.database, project, { route });
    const current = all.find((one) => one.state === "live");
    const earlier = all.find((one) => one.state === "superseded" && one.to === target.number);
    const change = [
      ...(current
        ? [
            ...updateRelease(
              { ...current, state: "rolled_back", verdict: "fail", rev: current.rev + 1, because, tookMs, epoch },
              current.rev,
            ),
            ...insertTransition(current, { rev: current.rev + 1, from: "live", to: "rolled_back", atMs: now, because, epoch, entryId }),
          ]
        : []),
      ...(earlier
        ? [
            ...updateRelease({ ...earlier, state: "live", rev: earlier.rev + 1 }, earlier.rev),
            ...insertTransition(earlier, { rev: earlier.rev + 1, from: "superseded", to: "live", atMs: now, because, epoch, entryId }),
          ]
        : []),
    ];
    const draft = {
      id: entryId,
      action: "release.rolled_back",
      project,
      actor: caller.actor,
      subject: current
        ? { type: "release", id: releaseName(current.number), digest: current.bundle }
        : { type: "route", id: route, digest: live.spec.bundle },
      ...(caller.because !== undefined && { because: caller.because }),
      payload: { route, from: versionName(live.spec.number), to: versionName(target.number), because, tookMs, epoch },
    };
    return { change, draft, release: current ? releaseName(current.number) : null };
  };
  const said = (tookMs: number, epoch: number, release: string | null): RolledBack => {
    store.events.emit("changed", { project, kind: "release", id: release ?? route });
    return { route, from: versionName(live.spec.number), to: versionName(target.number), epoch, tookMs, release, entryId };
  };
  if (target.digest !== served.back?.spec.digest) {
    const startedMs = performance.now();
    const { change, draft, release } = await finish(0, served.table.epoch + 1);
    const { table } = await serving.publish(next, change, [draft]);
    return said(performance.now() - startedMs, table.epoch, release);
  }
  let release: string | null = null;
  const reverted = serving.revert(next, async ({ tookMs, epoch }) => {
    const finished = await finish(tookMs, epoch);
    release = finished.release;
    return { change: finished.change, entries: [finished.draft] };
  });
  await reverted.committed;
  return said(reverted.tookMs, reverted.table.epoch, release);
}
