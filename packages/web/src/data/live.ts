import type { Query, QueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";

/** Operations whose answers may change when something of a kind does. */
const touched: Record<string, readonly string[]> = {
  run: ["runs", "experiments"],
  "pipeline-run": ["pipeline", "runs", "insights"],
  model: ["models", "insights"],
  release: ["releases", "routes", "insights"],
  route: ["routes", "insights"],
  monitor: ["monitors", "alerts", "insights"],
  alert: ["alerts", "monitors", "insights"],
  incident: ["incidents", "insights"],
  dossier: ["governance", "insights"],
  station: ["insights", "stations"],
  data: ["data", "insights"],
  check: ["checks", "insights"],
  trace: ["traces"],
};

const ofNamedRuns = new Set(["runs.series", "runs.artifacts", "runs.artifact", "runs.table"]);
/** Curves and files are asked for again only when a run changed that they are of. */
const concerns = (name: string, input: unknown, run: string): boolean =>
  !ofNamedRuns.has(name) || String((input as { run?: unknown } | undefined)?.run ?? "").includes(run);

/** Between a stream that the server ended for good and the next try. */
const retryMs = 1000;

/** Listens to what changes on the server and refreshes what is on screen. Reconnects by itself; says whether it is connected. After a gap everything is asked for again. */
export function useLive(queries: QueryClient): boolean {
  const [connected, setConnected] = useState(true);
  useEffect(() => {
    let source: EventSource | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let lost = false;
    const refresh = (nouns: readonly string[], kind = "", id = ""): void => {
      const concerned = ({ queryKey: [name, input] }: Query): boolean =>
        nouns.includes(String(name).split(".")[0] ?? "") && (kind !== "run" || concerns(String(name), input, id));
      const ask = (predicate: (query: Query) => boolean): Promise<void> =>
        queries.invalidateQueries({ predicate }, { cancelRefetch: false });
      // An answer that is under way is waited for, else what changes faster than it is answered would never be shown; then it is asked for once more.
      const early = queries.getQueryCache().findAll({ predicate: concerned, fetchStatus: "fetching" });
      void ask(concerned).then(() => (early.length > 0 ? ask((query) => early.includes(query)) : undefined));
    };
    const open = (): void => {
      const stream = new EventSource("/api/v1/events");
      source = stream;
      stream.addEventListener("open", () => {
        setConnected(true);
        if (lost) void queries.invalidateQueries();
        lost = false;
      });
      stream.addEventListener("error", () => {
        lost = true;
        setConnected(false);
        if (stream.readyState === EventSource.CLOSED) timer = setTimeout(open, retryMs);
      });
      stream.addEventListener("changed", (event) => {
        const { kind, id } = JSON.parse(event.data as string) as { kind: string; id: string };
        refresh(touched[kind] ?? [], kind, id);
      });
      stream.addEventListener("progress", () => refresh(["pipeline"]));
      stream.addEventListener("entry", () => refresh(["record"]));
    };
    open();
    return () => {
      clearTimeout(timer);
      source?.close();
    };
  }, [queries]);
  return connected;
}
