import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import { Failure } from "../../../parts/layout.tsx";
import { takesText } from "../../../parts/own-key.ts";
import { focusTable } from "./focus.ts";

export type Undo = { said: string; undo?: () => Promise<unknown> };

const shownMs = 10_000;

/** Says what was done, and takes it back while it is said; ⌘Z does the same. */
export function useUndo(): { say: (undo: Undo) => void; toast: React.ReactNode } {
  const queries = useQueryClient();
  const [last, setLast] = useState<Undo>();
  const [error, setError] = useState<Error>();
  const box = useRef<HTMLDivElement>(null);
  const [held, setHeld] = useState(false);
  /** What is said now; the end of what was said before it says nothing any more. */
  const turn = useRef(0);
  const say = useCallback((undo: Undo): void => {
    turn.current++;
    setError(undefined);
    setLast(undo);
  }, []);
  const back = useCallback((): void => {
    if (!last?.undo) return;
    say({ said: "Taking it back" });
    // The button goes, and no event says that it lost the focus.
    setHeld(false);
    focusTable(box.current);
    const mine = turn.current;
    const isMine = (): boolean => turn.current === mine;
    last
      .undo()
      .then(
        () => isMine() && setLast({ said: "Taken back" }),
        (problem: Error) => isMine() && setError(problem),
      )
      .finally(() => void queries.invalidateQueries());
  }, [last, queries, say]);
  useEffect(() => {
    if (!last || held || error) return;
    const timer = setTimeout(() => setLast(undefined), shownMs);
    return () => clearTimeout(timer);
  }, [last, held, error]);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.key !== "z" || !(event.metaKey || event.ctrlKey) || event.shiftKey) return;
      if (takesText(event.target)) return;
      event.preventDefault();
      back();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [back]);
  const toast = (
    <div
      ref={box}
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
