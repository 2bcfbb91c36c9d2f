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

/** Listens to what changes on the server and refreshes what is on screen. Reconnects by itself; says whether it is connected. */
export function useLive(queries: QueryClient): boolean {
  const [connected, setConnected] = useState(true);
  useEffect(() => {
    const source = new EventSource("/api/v1/events");
    const refresh = (nouns: readonly string[]): void =>
      void queries.invalidateQueries({ predicate: (query) => nouns.includes(String(query.queryKey[0]).split(".")[0] ?? "") });
    source.addEventListener("open", () => setConnected(true));
    source.addEventListener("error", () => setConnected(false));
    source.addEventListener("changed", (event) => refresh(touched[(JSON.parse(event.data as string) as { kind: string }).kind] ?? []));
    source.addEventListener("progress", () => refresh(["pipeline"]));
    source.addEventListener("entry", () => refresh(["record"]));
    return () => source.close();
  }, [queries]);
  return connected;
}
