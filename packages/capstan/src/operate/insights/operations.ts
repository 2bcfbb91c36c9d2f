import type { insightsOperations } from "@capstan/contract/operations/insights";
import type { Handlers } from "../../base/foundation/caller.ts";
import type { Store } from "../../base/record/store.ts";
import type { RecordService } from "../../base/record/service.ts";
import type { HostRecorder } from "../../base/record/recorder.ts";
import { type CompareDeps, comparisonOf } from "./compare.ts";
import { type Delivery, deliveryDays, deliveryFacts, deliveryOf } from "./delivery.ts";
import { type Ask, type Loop, loopOf } from "./loop.ts";
import { type PathDeps, pathOf } from "./path.ts";
import { search } from "./search.ts";
import type { createStations } from "./stations.ts";

export type InsightsDeps = PathDeps &
  CompareDeps & {
    store: Store & { readonly recorder: HostRecorder };
    record: RecordService;
    stations: ReturnType<typeof createStations>;
    ask: Ask;
    projects(): Promise<{ name: string }[]>;
    /** Where the store is, as people call it, and who can reach it. */
    place: { name: string; folder: string; reach: string };
    version: string;
  };

export const insightsHandlers = (deps: InsightsDeps): Handlers<typeof insightsOperations> => {
  const { store, ask } = deps;
  const count = async (sql: string, ...params: string[]): Promise<number> =>
    Number((await store.database.find<{ n: number }>(sql, params))?.n ?? 0);
  const delivery = async (project: string): Promise<Delivery> =>
    deliveryOf(await deliveryFacts(store.database, project, store.clock.nowMs()));
  return {
    "insights.loop": async ({ project }, caller) =>
      loopOf(ask, project, caller, await deps.stations.list(project), await delivery(project)),
    async "insights.loopAll"(_input, caller) {
      const all: Loop[] = [];
      for (const { name } of await deps.projects())
        if (!caller.projects || caller.projects.includes(name))
          all.push(await loopOf(ask, name, caller, await deps.stations.list(name), await delivery(name)));
      const attention = all.flatMap((one) => one.attention);
      return {
        models: all.flatMap((one) => one.models),
        attention: attention.slice(0, 8),
        attentionTotal: all.reduce((sum, one) => sum + one.attentionTotal, 0),
        delivery: all.find((one) => one.models.length > 0)?.delivery ?? all[0]?.delivery ?? [],
        deliveryDays,
        demo: all.find((one) => one.demo)?.demo ?? null,
      };
    },
    async "insights.frame"({ project }, caller) {
      const projects = await Promise.all(
        (await deps.projects())
          .filter((one) => !caller.projects || caller.projects.includes(one.name))
          .map(async ({ name }) => ({
            project: name,
            models: await count("select count(distinct model) as n from model_version where project = ?", name),
            runs: await count("select count(*) as n from run where project = ?", name),
          })),
      );
      // The store's name and place are those of the project that it lies in.
      const here = caller.projects?.includes(deps.place.name) ?? true;
      const verified = deps.record.lastVerification();
      const head = deps.record.head();
      const params = project === undefined ? (caller.projects ?? []) : [project];
      const all = project === undefined && caller.projects === undefined;
      const scope = all ? "" : ` and project in (${params.map(() => "?").join(", ") || "null"})`;
      const badges: Record<string, number> = {};
      const badge = (key: string, n: number): void => void (n > 0 && (badges[key] = n));
      badge("monitors", await count(`select count(*) as n from alert where state = 'open'${scope}`, ...params));
      badge("incidents", await count(`select count(*) as n from incident where state <> 'closed'${scope}`, ...params));
      badge(
        "releases",
        await count(`select count(*) as n from release where state in ('shadow', 'canary', 'promoting', 'paused')${scope}`, ...params),
      );
      return {
        projects,
        caller: {
          name: caller.actor.name,
          via: caller.via,
          capabilities: [...caller.capabilities],
          closed:
            caller.via === "loopback"
              ? "Without a session you may look, log and predict. Open the one-time link that capstan open prints for more."
              : null,
        },
        seal: {
          mark: verified ? verified.verdict : store.recorder.checkpoint() ? "pass" : "none",
          at: verified ? verified.at : (store.recorder.checkpoint()?.at ?? null),
          entries: head.size,
          signed: store.recorder.checkpoint() !== undefined,
        },
        badges,
        store: {
          name: here ? deps.place.name : "this store",
          place: here ? deps.place.folder : "",
          database: store.database.dialect === "sqlite" ? "SQLite" : "PostgreSQL",
          sizeBytes: null,
          reach: deps.place.reach,
        },
        version: deps.version,
      };
    },
    "insights.search": async ({ q, project, limit }, caller) => ({
      results: await search(store.database, { q, project, limit, projects: caller.projects }),
    }),
    "insights.compare": ({ project, ref }) => comparisonOf(deps, project, ref),
    "insights.path": ({ project, model, version }) => pathOf(deps, project, model, version ?? "live"),
  };
};
