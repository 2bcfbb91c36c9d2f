import { useNavigate } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { places } from "./places.ts";

export type KeyActs = { palette: () => void; keys: () => void; sideBar: () => void };

/** ⌘K opens the palette, `/` focuses the filter, G and a letter goes to a place. Letters never act while a field has the focus. */
export function useKeys(base: string, acts: KeyActs): void {
  const navigate = useNavigate();
  const goingSince = useRef(0);
  const latest = useRef(acts);
  useEffect(() => void (latest.current = acts));
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === "k") {
        event.preventDefault();
        return latest.current.palette();
      }
      const target = event.target as HTMLElement;
      if (
        event.metaKey ||
        event.ctrlKey ||
        event.altKey ||
        target.isContentEditable ||
        /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) ||
        target.closest("dialog")
      )
        return;
      const going = event.timeStamp - goingSince.current < 1500;
      goingSince.current = -Infinity;
      if (going) {
        const item = places.find((one) => one.key === event.key.toLowerCase());
        if (item) void navigate({ to: `${base}${item.path}` as never });
        return;
      }
      if (event.key === "g") goingSince.current = event.timeStamp;
      else if (event.key === "?") latest.current.keys();
      else if (event.key === "\\") latest.current.sideBar();
      else if (event.key === "/") {
        const filter = document.querySelector<HTMLInputElement>("[data-filter]");
        if (filter) event.preventDefault();
        filter?.focus();
      }
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [base, navigate]);
}
