import { useNavigate } from "@tanstack/react-router";
import { useLayoutEffect, useRef } from "react";
import { isPageKey } from "../parts/own-key.ts";
import { places } from "./places.ts";

export type KeyActs = { palette: () => void; keys: () => void; sideBar: () => void };

/** How long after G a letter still goes to a place. */
const goingMs = 1500;

/** ⌘K opens the palette, `/` focuses the filter, G and a letter goes to a place. Letters never act while a field has the focus. */
export function useKeys(base: string, acts: KeyActs): void {
  const navigate = useNavigate();
  const goingSince = useRef(-Infinity);
  const latest = useRef(acts);
  // Who sees the page can press: the keys are heard before it is painted.
  useLayoutEffect(() => void (latest.current = acts));
  useLayoutEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === "k") {
        event.preventDefault();
        return latest.current.palette();
      }
      if (!isPageKey(event)) return;
      const going = event.timeStamp - goingSince.current < goingMs;
      goingSince.current = -Infinity;
      const item = going ? places.find((one) => one.key === event.key.toLowerCase()) : undefined;
      if (item) {
        // The letter means the place, not also what it does on this page.
        event.preventDefault();
        event.stopImmediatePropagation();
        void navigate({ to: `${base}${item.path}` as never });
      } else if (event.key === "g") goingSince.current = event.timeStamp;
      else if (event.key === "?") latest.current.keys();
      else if (event.key === "\\") latest.current.sideBar();
      else if (event.key === "/") {
        const filter = document.querySelector<HTMLInputElement>("[data-filter]");
        if (filter) event.preventDefault();
        filter?.focus();
      }
    };
    // Before anything on the page hears of it.
    window.addEventListener("keydown", onKey, { capture: true });
    return () => window.removeEventListener("keydown", onKey, { capture: true });
  }, [base, navigate]);
}
