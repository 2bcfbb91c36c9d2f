import type { Signature } from "../../build/inference/model.ts";
import { createLatency, type Latency } from "./latency.ts";
import type { ArmSpec, RouteSettings, RouteTable } from "./model.ts";
import type { Loaded, RuntimePool } from "./runtime-pool.ts";

/** Counted since the arm was opened; kept while a table follows another with the same arm. */
type ArmCounts = { requests: number; rows: number; failures: number; readonly latency: Latency };
export type ServedArm = { readonly spec: ArmSpec; readonly loaded: Loaded; readonly counts: ArmCounts };

/** Counted since the process began. */
type RouteCounts = {
  requests: number;
  rows: number;
  failures: number;
  fallbacks: number;
  shadowDropped: number;
  readonly latency: Latency;
};

/**
 * A route as one request sees it: never changed, replaced as a whole. Requests hold it while they run;
 * once replaced, it lets go of its models when the last request has.
 */
export type ServedRoute = {
  readonly settings: RouteSettings;
  readonly table: RouteTable;
  readonly live: ServedArm | undefined;
  readonly canary: ServedArm | undefined;
  readonly shadow: ServedArm | undefined;
  readonly back: ServedArm | undefined;
  readonly signature: Signature | undefined;
  readonly counts: RouteCounts;
  enter(): void;
  leave(): void;
  retire(): void;
};

const newArmCounts = (): ArmCounts => ({ requests: 0, rows: 0, failures: 0, latency: createLatency() });
const newRouteCounts = (): RouteCounts => ({ requests: 0, rows: 0, failures: 0, fallbacks: 0, shadowDropped: 0, latency: createLatency() });

/** Takes over the holds on `arms`: they are released when it is retired and empty. */
export function createServedRoute(
  settings: RouteSettings,
  table: RouteTable,
  arms: ReadonlyMap<string, Loaded>,
  before: ServedRoute | undefined,
  pool: RuntimePool,
): ServedRoute {
  const armOf = (spec: ArmSpec | null | undefined): ServedArm | undefined => {
    const loaded = spec && arms.get(spec.digest);
    if (!spec || !loaded) return undefined;
    const same = [before?.live, before?.canary, before?.shadow, before?.back].find(
      (one) => one && one.spec.arm === spec.arm && one.spec.bundle === spec.bundle && one.spec.sinceMs === spec.sinceMs,
    );
    return { spec, loaded, counts: same?.counts ?? newArmCounts() };
  };
  const named = (name: ArmSpec["arm"]): ServedArm | undefined => armOf(table.arms.find((one) => one.arm === name));
  const live = named("live");
  let requests = 0;
  let retired = false;
  const letGo = (): void => {
    for (const loaded of arms.values()) pool.release(loaded);
  };
  return {
    settings,
    table,
    live,
    canary: named("canary"),
    shadow: named("shadow"),
    back: armOf(table.back),
    signature: live?.loaded.runtime.signature,
    counts: before?.counts ?? newRouteCounts(),
    enter: () => void requests++,
    leave() {
      if (--requests === 0 && retired) letGo();
    },
    retire() {
      if (retired) return;
      retired = true;
      if (requests === 0) letGo();
    },
  };
}
