import { Link, useNavigate } from "@tanstack/react-router";
import { IconFolder, IconSelector, IconShieldCheck } from "@tabler/icons-react";
import type { Output } from "../data/api.ts";
import { Ago } from "../parts/format.tsx";
import { MarkGlyph } from "../parts/mark.tsx";
import { VerdictGlyph } from "../parts/verdict.tsx";
import { groups, type Place } from "./places.ts";

type FrameFacts = Output<"insights.frame">;

/** Scope, places in the order of the loop, and the seal of the record. */
export function SideBar({
  base,
  project,
  place,
  frame,
}: {
  base: string;
  project: string | undefined;
  place: Place | undefined;
  frame: FrameFacts | undefined;
}) {
  const navigate = useNavigate();
  return (
    <nav className="side" aria-label="Places">
      <Link to={base as never} className="brand" aria-label="Capstan, the loop">
        <MarkGlyph />
        <span className="words">Capstan</span>
      </Link>
      <label className="scope">
        <span className="visually-hidden">Project</span>
        <IconFolder size={15} stroke={1.75} aria-hidden />
        <select
          value={project ?? ""}
          onChange={(event) => void navigate({ to: (event.target.value === "" ? "/all" : `/p/${event.target.value}`) as never })}
        >
          <option value="">All projects</option>
          {project !== undefined && !frame?.projects.some((one) => one.project === project) && <option value={project}>{project}</option>}
          {frame?.projects.map((one) => (
            <option key={one.project} value={one.project}>
              {one.project}
            </option>
          ))}
        </select>
        <IconSelector size={15} stroke={1.75} aria-hidden />
      </label>
      {groups.map((group) => (
        <div key={group.title}>
          {group.title !== "" && <div className="group">{group.title}</div>}
          {group.items.map((item) => (
            <Item
              key={item.name}
              item={item}
              base={base}
              current={item === place || (item.path === "" && place === undefined)}
              badge={item.badge === "" ? 0 : (frame?.badges[item.badge] ?? 0)}
            />
          ))}
        </div>
      ))}
      {frame && <Seal base={base} seal={frame.seal} />}
    </nav>
  );
}

function Item({ item, base, current, badge }: { item: Place; base: string; current: boolean; badge: number }) {
  const Icon = item.icon;
  return (
    <Link
      to={`${base}${item.path}` as never}
      className="item"
      activeOptions={{ exact: true }}
      title={`${item.name} (G ${item.key.toUpperCase()})`}
      {...(current && { "aria-current": "page" as const })}
    >
      <Icon size={16} stroke={1.75} aria-hidden />
      <span className="words">{item.name}</span>
      {badge > 0 && (
        <span className="badge-count">
          {badge}
          <span className="visually-hidden"> open</span>
        </span>
      )}
    </Link>
  );
}

/** Quiet while the newest head is signed; a glyph when it is not. */
function Seal({ base, seal }: { base: string; seal: FrameFacts["seal"] }) {
  const fine = seal.mark === "pass";
  return (
    <Link
      to={`${base}/record` as never}
      className="seal"
      title={`${seal.mark === "warn" ? "verified, with a note: open the record; " : ""}${seal.entries} entries${seal.at ? `, ${seal.at}` : ""}`}
    >
      {fine ? <IconShieldCheck size={16} stroke={1.75} className="fine" aria-hidden /> : <VerdictGlyph mark={seal.mark} label={false} />}
      <span className="words">
        {seal.mark === "none"
          ? "Record not signed yet"
          : seal.mark === "fail" || seal.mark === "error"
            ? "Record does not hold"
            : seal.mark === "warn"
              ? "Record verified"
              : seal.signed
                ? "Record signed"
                : "Record waits to be signed"}
      </span>
      <span className="words muted when">
        <Ago time={seal.at} />
      </span>
    </Link>
  );
}
