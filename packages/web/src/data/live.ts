import type { QueryClient } from "@tanstack/react-query";
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
};

/** Between a stream that the server ended for good and the next try. */
const retryMs = 1000;

/** Listens to what changes on the server and refreshes what is on screen. Reconnects by itself; says whether it is connected. After a gap everything is asked for again. */
export function useLive(queries: QueryClient): boolean {
  const [connected, setConnected] = useState(true);
  useEffect(() => {
    let source: EventSource | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let lost = false;
    const refresh = (nouns: readonly string[]): void =>
      void queries.invalidateQueries({ predicate: (query) => nouns.includes(String(query.queryKey[0]).split(".")[0] ?? "") });
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
      stream.addEventListener("changed", (event) => refresh(touched[(JSON.parse(event.data as string) as { kind: string }).kind] ?? []));
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
