import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useState } from "react";
import { Failure } from "../../../parts/layout.tsx";

export type Undo = { said: string; undo?: () => Promise<unknown> };

const shownMs = 10_000;

/** Says what was done, and takes it back while it is said; ⌘Z does the same. */
export function useUndo(): { say: (undo: Undo) => void; toast: React.ReactNode } {
  const queries = useQueryClient();
  const [last, setLast] = useState<Undo>();
  const [error, setError] = useState<Error>();
  const [held, setHeld] = useState(false);
  const say = useCallback((undo: Undo): void => {
    setError(undefined);
    setLast(undo);
  }, []);
  const back = useCallback((): void => {
    if (!last?.undo) return;
    setLast({ said: "Taking it back" });
    last.undo().then(
      () => {
        setLast({ said: "Taken back" });
        void queries.invalidateQueries();
      },
      (problem: Error) => setError(problem),
    );
  }, [last, queries]);
  useEffect(() => {
    if (!last || held || error) return;
    const timer = setTimeout(() => setLast(undefined), shownMs);
    return () => clearTimeout(timer);
  }, [last, held, error]);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.key !== "z" || !(event.metaKey || event.ctrlKey) || event.shiftKey) return;
      if (event.target instanceof HTMLInputElement && event.target.type !== "checkbox") return;
      event.preventDefault();
      back();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [back]);
  const toast = (
    <div
      className={last ? "toast" : "toast empty-toast"}
      role="status"
      onMouseEnter={() => setHeld(true)}
      onMouseLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
    >
      {last && (
        <>
          <span>{last.said}</span>
          {last.undo && (
            <button type="button" className="text-button" onClick={back}>
              Undo
            </button>
          )}
        </>
      )}
      {error && <Failure error={error} />}
    </div>
  );
  return { say, toast };
}
