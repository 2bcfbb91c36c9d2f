import { Link } from "@tanstack/react-router";
import { IconChevronRight, IconHelp, IconMenu2, IconMoon, IconSearch, IconSun } from "@tabler/icons-react";
import { Fragment, useState } from "react";
import type { Place } from "./places.ts";
import { currentTheme, switchTheme } from "./theme.ts";

const isMac = /Mac|iPhone|iPad/.test(navigator.platform);

type Props = {
  base: string;
  project: string | undefined;
  place: Place | undefined;
  rest: readonly string[];
  live: boolean;
  who: string | undefined;
  search: () => void;
  keys: () => void;
  menu: () => void;
  menuOpen: boolean;
};

/** Where one is, the search, whether the page is live, and what belongs to the person. */
export function TopBar({ base, project, place, rest, live, who, search, keys, menu, menuOpen }: Props) {
  const crumbs = [
    { name: project ?? "All projects", href: base },
    { name: place?.name ?? "The loop", href: `${base}${place?.path ?? ""}` },
    ...trail(`${base}${place?.path ?? ""}`, place, rest),
  ];
  return (
    <header className="top">
      <button type="button" className="icon-button menu" aria-label="Places" aria-expanded={menuOpen} onClick={menu}>
        <IconMenu2 size={18} stroke={1.75} />
      </button>
      <nav className="crumbs" aria-label="Where you are">
        <ol>
          {crumbs.map((crumb, i) => (
            <Fragment key={`${crumb.name} ${crumb.href}`}>
              {i > 0 && (
                <li aria-hidden="true">
                  <IconChevronRight size={13} stroke={1.75} />
                </li>
              )}
              <li>
                {i === crumbs.length - 1 ? (
                  <span aria-current="page">{crumb.name}</span>
                ) : crumb.href === null ? (
                  <span>{crumb.name}</span>
                ) : (
                  <Link to={crumb.href as never}>{crumb.name}</Link>
                )}
              </li>
            </Fragment>
          ))}
        </ol>
      </nav>
      <button type="button" className="searchbox" onClick={search} aria-keyshortcuts="Meta+K Control+K">
        <IconSearch size={15} stroke={1.75} aria-hidden />
        <span className="words">Search, jump or run a command</span>
        <kbd aria-hidden>{isMac ? "⌘K" : "Ctrl K"}</kbd>
      </button>
      <span className={live ? "live" : "live off"} role="status">
        <i aria-hidden />
        {live ? "Live" : "Reconnecting"}
      </span>
      <ThemeSwitch />
      <button type="button" className="icon-button" aria-label="Keys" title="Keys (?)" onClick={keys}>
        <IconHelp size={17} stroke={1.75} />
      </button>
      {who !== undefined && (
        <span className="person" title={who} role="img" aria-label={`You are ${who}`}>
          {initials(who)}
        </span>
      )}
    </header>
  );
}

/** Parents of the thing on screen: those with a page of their own are links. */
function trail(href: string, place: Place | undefined, rest: readonly string[]): { name: string; href: string | null }[] {
  const words = rest.filter((word, i) => !(place?.path === "/monitors" && word === "columns" && i === 1));
  return words.map((word, i) => ({
    name: /^[0-9a-f]{32}$/.test(word) ? word.slice(0, 8) : word.slice(0, 60),
    href: i < words.length - 1 && i === 0 ? `${href}/${encodeURIComponent(word)}` : null,
  }));
}

const initials = (who: string): string => (who.replace(/^[a-z]+:/, "").match(/[\p{L}\p{N}]/gu) ?? ["?"]).slice(0, 2).join("").toUpperCase();

function ThemeSwitch() {
  const [theme, setTheme] = useState(currentTheme());
  const next = theme === "dark" ? "light" : "dark";
  return (
    <button
      type="button"
      className="icon-button"
      aria-label={`Switch to the ${next} theme`}
      title={`Switch to the ${next} theme`}
      onClick={() => setTheme(switchTheme())}
    >
      {theme === "dark" ? <IconSun size={17} stroke={1.75} /> : <IconMoon size={17} stroke={1.75} />}
    </button>
  );
}
