import { useLocation, useNavigate, useRouter } from "@tanstack/react-router";
import { useCallback, useMemo, useSyncExternalStore } from "react";

export type Search = Readonly<Record<string, unknown>>;
/** What changes of what stands in the address now; undefined and empty take a key away. */
export type SearchChange = Search | ((now: Search) => Search);

const pathOf = (href: string): string => href.split(/[?#]/)[0] ?? href;

/**
 * What stands in the address behind the question mark, at once when it is changed: the router tells it only after the page is drawn, and what is
 * pressed until then would be decided on what was. A change replaces, unless it is one to come back from.
 */
export function useAddress(): { search: Search; set: (change: SearchChange, replace?: boolean) => void } {
  const { history, options } = useRouter();
  const navigate = useNavigate();
  const drawn = useLocation();
  const path = pathOf(drawn.publicHref);
  // Of a page that is being left, what was drawn last.
  const text = useSyncExternalStore(history.subscribe, () =>
    pathOf(history.location.href) === path ? history.location.search : drawn.searchStr,
  );
  const search = useMemo(() => options.parseSearch(text) as Search, [options, text]);
  const set = useCallback(
    (change: SearchChange, replace = true): void => {
      if (pathOf(history.location.href) !== path) return;
      const now = options.parseSearch(history.location.search) as Search;
      const next = { ...now, ...(typeof change === "function" ? change(now) : change) };
      const kept = Object.fromEntries(Object.entries(next).filter(([, value]) => value !== "" && value !== undefined));
      void navigate({ to: ".", search: kept as never, replace, resetScroll: false });
    },
    [history, options, navigate, path],
  );
  return { search, set };
}
