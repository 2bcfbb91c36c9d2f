import { Link } from "@tanstack/react-router";
import { count } from "./format.tsx";

export type Tab = { id: string; word: string; count?: number | undefined };

/** Views of one thing, each at a path of its own; the first is the thing's own path. */
export const Tabs = ({ label, base, tabs, chosen }: { label: string; base: string; tabs: readonly Tab[]; chosen: string }) => (
  <nav className="tabs" aria-label={label}>
    {tabs.map((tab, i) => (
      <Link
        key={tab.id}
        to={(i === 0 ? base : `${base}/${tab.id}`) as never}
        activeOptions={{ exact: true }}
        resetScroll={false}
        {...(chosen === tab.id && { "aria-current": "page" as const })}
      >
        {tab.word}
        {tab.count !== undefined && <span className="muted"> {count(tab.count)}</span>}
      </Link>
    ))}
  </nav>
);

/** The tab that a path names; `unknown` is a name that none has. */
export function tabOf(tabs: readonly Tab[], asked: string | undefined): { chosen: string; unknown: string | undefined } {
  const first = tabs[0]?.id ?? "";
  if (asked === undefined || asked === "") return { chosen: first, unknown: undefined };
  return tabs.some((tab) => tab.id === asked) ? { chosen: asked, unknown: undefined } : { chosen: first, unknown: asked };
}
