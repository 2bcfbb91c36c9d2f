import type { Caller } from "../../base/foundation/caller.ts";
import { CapstanError } from "../../base/foundation/errors.ts";
import { signatureDifferences } from "../../build/inference/signature.ts";
import { type RegistryService, versionName } from "../../build/registry/model.ts";
import type { Facts } from "../governance/model.ts";
import { rollbackLive, type RolledBack } from "./live-rollback.ts";
import { commitStart, draftOf, type StartRequest } from "./start.ts";

export type { StartRequest };
import { createMovingRelease, type MovingDeps, type MovingRelease } from "./moving-release.ts";
import { type Release, releaseName, type ReleaseState } from "./model.ts";
import { exposureOf } from "./rules.ts";
import { findProgress, findRelease, listActive, listReleases, nextNumber } from "./store.ts";

export type ReleaseService = {
  /** Asks the gate, then begins. A gate that says no leaves a failed release behind, as a recorded end. */
  start(request: StartRequest, caller: Caller): Promise<Release>;
  pause(project: string, id: string, caller: Caller, reason?: string): Promise<{ release: Release; entryId: string }>;
  advance(project: string, id: string, caller: Caller, override: boolean, reason?: string): Promise<{ release: Release; entryId: string }>;
  stop(project: string, id: string, caller: Caller, reason?: string): Promise<{ release: Release; entryId: string; tookMs: number }>;
  /** Back to what the route served before; in mid-release that is what is live. `to` may name another version. */
  rollback(project: string, route: string, caller: Caller, options?: { to?: string; reason?: string }): Promise<RolledBack>;
  get(project: string, id: string): Promise<Release>;
  list(project: string, options?: { route?: string; limit?: number }): Promise<Release[]>;
  /** The release in motion with its evidence so far; ended ones have theirs in the blob. */
  moving(project: string, id: string): MovingRelease | undefined;
  /** What the gate asks of the newest release of a version: exposure so far, what is loaded, whether it goes back by itself. Null before there is one. */
  exposure(project: string, model: string, version: number): Promise<Facts["release"]>;
  /** Goes on with what another process left. After serving is open; where several processes share a store, again from time to time. */
  open(): Promise<void>;
  /** One look at every release in motion. The host calls it about ten times a second. */
  tick(): Promise<void>;
  close(): Promise<void>;
};

/** Which of several processes on one store moves a release. */
export type Duties = {
  /** True when it is this one; with `force`, from now on. */
  take(duty: string, force?: boolean): Promise<boolean>;
  drop(duty: string): Promise<void>;
};
const alone: Duties = { take: async () => true, drop: async () => undefined };

export function createReleaseService(deps: MovingDeps & { readonly registry: RegistryService; readonly duties?: Duties }): ReleaseService {
  const { store, serving, registry, duties = alone } = deps;
  const active = new Map<string, MovingRelease>();
  /** Routes whose release is being prepared: the second caller is refused, not raced. */
  const starting = new Set<string>();

  const keyOf = (project: string, number: number): string => `${project}/${number}`;
  const numberOf = (id: string): number => Number(/^R-([1-9][0-9]*)$/.exec(id)?.[1] ?? 0);
  const movingOf = (project: string, id: string): MovingRelease | undefined => active.get(keyOf(project, numberOf(id)));
  const movingOn = (route: string): MovingRelease | undefined =>
    [...active.values()].find((one) => !one.ended && one.release.route === route);
  const dutyOf = (release: Release): string => `release ${keyOf(release.project, release.number)}`;
  const settle = (one: MovingRelease): void => {
    if (!one.ended) return;
    active.delete(keyOf(one.release.project, one.release.number));
    duties.drop(dutyOf(one.release)).catch((error: unknown) => store.log.warn("release.duty", { error: String(error) }));
  };
  /** Another process moves it from now on. */
  const letGo = async (one: MovingRelease): Promise<void> => {
    active.delete(keyOf(one.release.project, one.release.number));
    await one.leave().catch(() => undefined);
  };
  /** What another process left, or moves until now. */
  const takeUp = async (release: Release): Promise<MovingRelease> => {
    const moving = createMovingRelease(deps, release, await findProgress(store.database, release.project, release.number));
    active.set(keyOf(release.project, release.number), moving);
    moving.watch();
    return moving;
  };
  /** The release that is asked for is moved here: a person's word does not wait for the process that had it. */
  const here = async (matches: (release: Release) => boolean): Promise<void> => {
    if (duties === alone || [...active.values()].some((one) => matches(one.release))) return;
    const release = (await listActive(store.database)).find(matches);
    if (!release) return;
    await duties.take(dutyOf(release), true);
    await serving.refresh();
    await takeUp(release);
  };
  const get = async (project: string, id: string): Promise<Release> => {
    const release = movingOf(project, id)?.release ?? (await findRelease(store.database, project, numberOf(id)));
    if (!release) throw new CapstanError("CAP-NOT-FOUND-001", { noun: "release", name: id });
    return release;
  };
  const inMotion = async (project: string, id: string, action: string): Promise<MovingRelease> => {
    await here((release) => release.project === project && release.number === numberOf(id));
    const one = movingOf(project, id);
    if (!one || one.ended) throw new CapstanError("CAP-RELEASE-004", { release: id, state: (await get(project, id)).state, action });
    return one;
  };

  const begin = async (request: StartRequest, caller: Caller): Promise<Release> => {
    const { project, route } = request;
    if (request.override && !request.reason) throw new CapstanError("CAP-RELEASE-005", {});
    const settings = serving.settings(project).find((one) => one.route === route);
    if (!settings) throw new CapstanError("CAP-SERVE-001", { route });
    const version = await registry.get(project, request.model, request.ref);
    const named = { model: version.model, version: versionName(version.number), route };
    const served = serving.find(route);
    const live = served?.live;
    if (live?.spec.bundle === version.bundle) throw new CapstanError("CAP-RELEASE-006", named);
    const earlier = (await listReleases(store.database, project, { route })).find(
      (one) => one.bundle === version.bundle && (one.state === "rolled_back" || (one.state === "failed" && one.evidenceDigest !== null)),
    );
    if (earlier && !request.override) throw new CapstanError("CAP-RELEASE-003", { ...named, release: releaseName(earlier.number) });
    const differences = live ? signatureDifferences(live.loaded.runtime.signature, version.signature) : [];
    if (differences.length > 0) throw new CapstanError("CAP-RELEASE-007", { ...named, problem: differences.join("; ") });

    const answer = await deps.gate.evaluate(
      {
        project,
        model: version.model,
        version: version.number,
        stage: "release",
        ...(request.because !== undefined && { because: request.because }),
      },
      caller,
    );
    if (answer.forbidden !== undefined && request.override)
      throw new CapstanError("CAP-GOV-001", { model: `${version.model} ${versionName(version.number)}`, why: answer.forbidden });
    const release = draftOf(request, {
      number: await nextNumber(store.database, project),
      version,
      from: live?.spec.number ?? null,
      answer,
      because: request.because ?? caller.because ?? null,
      nowMs: store.clock.nowMs(),
      entryId: store.recorder.newEntryId(),
    });
    const passes = release.state === "draft";
    if (passes) await duties.take(dutyOf(release));
    await commitStart(store, release, answer, request, caller);
    if (!passes) return release;
    const moving = createMovingRelease(deps, release);
    active.set(keyOf(project, release.number), moving);
    moving.watch();
    try {
      await moving.advance(caller, false, undefined);
    } catch (error) {
      // What could not be loaded or recorded must not stay behind as a release in motion.
      if (!moving.ended)
        await moving.back("failed", "error", `it could not begin: ${error instanceof Error ? error.message : String(error)}`, caller);
      throw error;
    } finally {
      settle(moving);
    }
    return moving.release;
  };

  return {
    get,
    list: async (project, options = {}) =>
      (await listReleases(store.database, project, options)).map((one) => movingOf(project, releaseName(one.number))?.release ?? one),
    moving: movingOf,
    async start(request, caller) {
      const moving =
        movingOn(request.route) ??
        (await listActive(store.database)).map((release) => ({ release })).find((one) => one.release.route === request.route);
      if (moving || starting.has(request.route))
        throw new CapstanError("CAP-RELEASE-002", {
          release: moving ? releaseName(moving.release.number) : "another release",
          route: request.route,
        });
      starting.add(request.route);
      try {
        return await begin(request, caller);
      } finally {
        starting.delete(request.route);
      }
    },
    async pause(project, id, caller, reason) {
      const one = await inMotion(project, id, "be paused");
      return { entryId: await one.pause(caller, reason), release: one.release };
    },
    async advance(project, id, caller, override, reason) {
      const one = await inMotion(project, id, "advance");
      const entryId = await one.advance(caller, override, reason);
      settle(one);
      return { entryId, release: one.release };
    },
    async stop(project, id, caller, reason) {
      const one = await inMotion(project, id, "be stopped");
      const { entryId, tookMs } = await one.back("stopped", "skipped", reason ?? "stopped by hand", caller);
      settle(one);
      return { entryId, tookMs, release: one.release };
    },
    async rollback(project, route, caller, options = {}) {
      await here((release) => release.project === project && release.route === route);
      const one = movingOn(route);
      if (!one || one.release.project !== project) return rollbackLive({ store, serving, registry }, project, route, caller, options);
      const { entryId, tookMs, epoch } = await one.back("rolled_back", "fail", options.reason ?? "rolled back by hand", caller);
      settle(one);
      return {
        route,
        from: versionName(one.release.to),
        to: one.release.from === null ? "nothing" : versionName(one.release.from),
        epoch,
        tookMs,
        release: releaseName(one.release.number),
        entryId,
      };
    },
    async exposure(project, model, version) {
      const all = [...active.values()].map((one) => one.release).filter((one) => one.project === project);
      const found =
        all.find((one) => one.model === model && one.to === version) ??
        (await listReleases(store.database, project)).find((one) => one.model === model && one.to === version);
      if (!found || found.state === "failed") return null;
      const served = serving.find(found.route);
      const loaded = [served?.canary, served?.shadow, served?.live, served?.back].find((arm) => arm?.spec.bundle === found.bundle);
      const moving = movingOf(project, releaseName(found.number));
      return exposureOf(found, moving?.analysis.rows() ?? 0, loaded ? { bundle: loaded.spec.bundle, verified: true } : null);
    },
    async open() {
      const open = await listActive(store.database);
      for (const one of [...active.values()]) {
        const known = open.find((release) => release.project === one.release.project && release.number === one.release.number);
        if (known ? !(await duties.take(dutyOf(known))) : !one.ended && duties !== alone) await letGo(one);
      }
      for (const release of open) {
        if (active.has(keyOf(release.project, release.number)) || starting.has(release.route)) continue;
        if (!(await duties.take(dutyOf(release)))) continue;
        const moving = await takeUp(release);
        // The process ended between two steps that belong together: nothing served it yet, so it ends here.
        const stuck: readonly ReleaseState[] = ["draft", "promoting"];
        if (stuck.includes(release.state))
          await moving.back("stopped", "error", "the process ended while it was at this step; start it again");
        settle(moving);
      }
    },
    async tick() {
      for (const one of [...active.values()]) {
        try {
          await one.tick();
          settle(one);
        } catch (error) {
          if (!(error instanceof CapstanError && error.code === "CAP-MOVED-001")) throw error;
          await letGo(one);
        }
      }
    },
    async close() {
      await Promise.all(
        [...active.values()].map(async (one) => {
          await one.leave();
          await duties.drop(dutyOf(one.release)).catch(() => undefined);
        }),
      );
      active.clear();
    },
  };
}
