import { useQuery } from "@tanstack/react-query";
import type { ErrorComponentProps } from "@tanstack/react-router";
import { useEffect } from "react";
import { Failure, PageHead, unanswered } from "../parts/layout.tsx";

const lookMs = 1000;
/** A page that fails again so soon after it was loaded anew is not loaded anew by itself. */
const patienceMs = 10_000;
const loadedKey = "capstan-loaded-anew";

/** A page that could not be fetched or drawn; the frame lives. One that was not fetched is loaded anew as soon as the server answers. */
export function PageFailure({ error: thrown }: ErrorComponentProps) {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const missing = unanswered(error);
  const server = useQuery({
    queryKey: ["health"],
    queryFn: async () => (await fetch("/health", { cache: "no-store" })).ok,
    enabled: missing,
    retry: false,
    gcTime: 0,
    refetchInterval: lookMs,
  });
  const back = server.data === true && !server.isError;
  useEffect(() => {
    if (!back || Date.now() - Number(sessionStorage.getItem(loadedKey) ?? 0) < patienceMs) return;
    sessionStorage.setItem(loadedKey, String(Date.now()));
    location.reload();
  }, [back]);
  return (
    <>
      <PageHead title={missing ? "This page is not here yet" : "This page failed"} />
      <Failure error={error} retry={() => location.reload()} />
    </>
  );
}
