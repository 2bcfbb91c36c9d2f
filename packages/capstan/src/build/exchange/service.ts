import type { Transfer } from "@capstan/contract/operations/exchange";
import type { Caller } from "../../base/foundation/caller.ts";
import { CapstanError, toCapstanError } from "../../base/foundation/errors.ts";
import type { Store } from "../../base/record/store.ts";
import type { S3Place } from "../../base/storage/s3-client.ts";
import type { Registry } from "../registry/service.ts";
import type { TrackingService } from "../tracking/service.ts";
import type { TransferResult } from "./model.ts";

type ImportOrder = {
  project: string;
  from: string;
  artifacts?: string | undefined;
  experiments?: readonly string[] | undefined;
  plan: boolean;
  again: boolean;
  token?: string | undefined;
  user?: string | undefined;
  password?: string | undefined;
};

type ExportOrder = Omit<ImportOrder, "from" | "artifacts" | "again"> & { to: string };

const teller =
  (shown: Transfer) =>
  (phase: string, taken: Readonly<Record<string, number>>, found: Readonly<Record<string, number>>): void =>
    void Object.assign(shown, { phase, taken: { ...taken }, found: { ...found } });

/** Ended transfers that can still be asked for. */
const remembered = 50;

/** Imports from and exports to MLflow. One at a time in a project; how far it is lies in memory, what it did in the record. */
export function createExchangeService(deps: {
  store: Store;
  tracking: TrackingService;
  registry: Registry;
  s3?: (uri: string) => S3Place;
}) {
  const { store, tracking, registry } = deps;
  const transfers = new Map<string, { shown: Transfer; abort: AbortController; ended: Promise<void> }>();

  function begin(
    first: Pick<Transfer, "project" | "direction" | "plan">,
    work: (task: { shown: Transfer; signal: AbortSignal }) => Promise<TransferResult>,
  ): Transfer {
    for (const { shown } of transfers.values())
      if (shown.state === "running" && shown.project === first.project)
        throw new CapstanError("CAP-STATE-001", { noun: shown.direction, name: shown.id, state: "running", action: "begun again" });
    const shown: Transfer = {
      ...first,
      id: store.ids.ulid(),
      state: "running",
      phase: "experiments",
      found: {},
      taken: {},
      runs: null,
      result: null,
      error: null,
    };
    const abort = new AbortController();
    const ended = work({ shown, signal: abort.signal }).then(
      (result) => void Object.assign(shown, { state: "done", result }),
      (thrown: unknown) => {
        const error = toCapstanError(thrown);
        if (abort.signal.aborted) return void (shown.state = "stopped");
        store.log.warn("exchange.failed", { code: error.code, error: error.message });
        const { code, message, do: remedy } = error.body();
        Object.assign(shown, { state: "failed", error: { code, message, do: remedy } });
      },
    );
    transfers.set(shown.id, { shown, abort, ended });
    for (const [id, one] of transfers) if (transfers.size > remembered && one.shown.state !== "running") transfers.delete(id);
    return shown;
  }

  const get = (project: string, id: string) => {
    const found = transfers.get(id);
    if (!found || found.shown.project !== project) throw new CapstanError("CAP-NOT-FOUND-001", { noun: "transfer", name: id });
    return found;
  };

  return {
    import({ project, plan, again, experiments, ...from }: ImportOrder, caller: Caller): Transfer {
      return begin({ project, direction: "import", plan }, async ({ shown, signal }) => {
        const { openSource } = await import("./sources/open.ts");
        const { importMlflow } = await import("./import/import.ts");
        const source = await openSource({ ...from, ...(deps.s3 && { s3: deps.s3 }) });
        try {
          shown.runs = await source.countRuns();
          const order = { project, plan, again, experiments, signal };
          return await importMlflow({ store, tracking, registry, source, ...order, tell: teller(shown) }, caller);
        } finally {
          await source.close();
        }
      });
    },
    export({ project, plan, experiments, to, ...credentials }: ExportOrder, caller: Caller): Transfer {
      return begin({ project, direction: "export", plan }, async ({ shown, signal }) => {
        const { exportMlflow } = await import("./export/export.ts");
        return exportMlflow(
          { store, tracking, registry, project, plan, experiments, to, credentials, signal, tell: teller(shown) },
          caller,
        );
      });
    },
    show: (project: string, id: string): Transfer => get(project, id).shown,
    async stop(project: string, id: string): Promise<Transfer> {
      const { shown, abort, ended } = get(project, id);
      abort.abort();
      await ended;
      return shown;
    },
    /** Ends what runs: the next import or export goes on. */
    async close(): Promise<void> {
      for (const one of transfers.values()) one.abort.abort();
      await Promise.all([...transfers.values()].map((one) => one.ended));
    },
  };
}
export type ExchangeService = ReturnType<typeof createExchangeService>;
