import "./incidents.css";
import {
  IconActivity,
  IconBox,
  IconDatabase,
  IconFlame,
  IconFlask2,
  IconRocket,
  IconRoute,
  IconScale,
  IconUser,
} from "@tabler/icons-react";
import { useState } from "react";
import type { Output } from "../../data/api.ts";
import { To } from "../../parts/format.tsx";
import { Linked } from "../../parts/linked.tsx";
import { Card } from "../../parts/layout.tsx";

type Event = Output<"incidents.get">["timeline"][number];
const icons = {
  data: IconDatabase,
  serving: IconRoute,
  monitoring: IconActivity,
  incidents: IconFlame,
  access: IconUser,
  release: IconRocket,
  tracking: IconFlask2,
  pipeline: IconBox,
  governance: IconScale,
} as const;
const tones = {
  cause: "fail",
  impact: "warn",
  detected: "inconclusive",
  acknowledged: "skipped",
  mitigated: "inconclusive",
  restored: "pass",
} as const;

/** Long ids as their first characters: the link leads to the whole. */
const brief = (text: string): string =>
  text.replace(/\b([0-9a-f]{8})[0-9a-f]{24,}\b/g, "$1").replace(/\b[0-9A-Z]{20}([0-9A-Z]{6})\b/g, "$1");
const stamp = (time: string): string =>
  time.endsWith("T00:00:00.000Z")
    ? new Date(time).toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" })
    : `${new Date(time).toLocaleDateString("en-GB", { day: "numeric", month: "short", timeZone: "UTC" })} ${time.slice(11, 19)}`;

/** What happened in order, each with its entry; six of them may carry a mark. */
export function Timeline({ events, base }: { events: readonly Event[]; base: string }) {
  const [all, setAll] = useState(events.length <= 20);
  const shown = all ? events : events.filter((event) => event.key);
  const choice = (value: boolean, text: string) => (
    <button
      type="button"
      className="button"
      aria-pressed={all === value}
      onClick={() => setAll(value)}
      style={{ height: 24, ...(all === value && { background: "var(--accent-soft)", color: "var(--accent-ink)" }) }}
    >
      {text}
    </button>
  );
  return (
    <Card
      title="Timeline"
      note={`assembled from the record, ${events.filter((event) => event.added).length} of ${events.length} added by hand, UTC`}
      right={
        <span style={{ display: "inline-flex", gap: 4 }}>
          {choice(false, "Key events")}
          {choice(true, `All ${events.length}`)}
        </span>
      }
    >
      <ol style={{ listStyle: "none", margin: 0, padding: 0 }}>
        {shown.map((event, i) => {
          const Icon = icons[event.room];
          return (
            <li
              key={i}
              className="timeline-row"
              style={{
                gap: 10,
                paddingBottom: i === shown.length - 1 ? 0 : 12,
                position: "relative",
              }}
            >
              <time dateTime={event.at} className="mono second" style={{ textAlign: "right", paddingTop: 3 }}>
                {stamp(event.at)}
              </time>
              <span
                style={{
                  display: "grid",
                  placeItems: "center",
                  width: 24,
                  height: 24,
                  borderRadius: "50%",
                  border: `1px solid ${event.key ? "var(--accent)" : "var(--line-strong)"}`,
                  background: event.key ? "var(--accent-soft)" : "var(--surface)",
                  zIndex: 1,
                }}
                title={event.room}
              >
                <Icon size={14} stroke={1.75} aria-label={event.room} />
              </span>
              {i < shown.length - 1 && (
                <i
                  aria-hidden
                  className="timeline-line"
                  style={{ position: "absolute", top: 24, bottom: 0, width: 1, background: "var(--line-strong)" }}
                />
              )}
              <div>
                <span style={{ fontWeight: 500 }}>
                  {event.href === null ? <Linked text={brief(event.title)} base={base} /> : <To href={event.href}>{brief(event.title)}</To>}
                </span>{" "}
                {event.mark !== null && (
                  <span
                    className="badge"
                    style={{ padding: "1px 7px", background: `var(--${tones[event.mark]}-soft)`, color: `var(--${tones[event.mark]})` }}
                  >
                    {event.mark[0]?.toUpperCase()}
                    {event.mark.slice(1)}
                  </span>
                )}{" "}
                {event.added && <span className="tag">added by hand</span>}
                <div className="second">{event.detail}</div>
              </div>
              <span style={{ paddingTop: 3 }}>
                {event.entry !== null && (
                  <To className="mono" href={`${base}/record/${event.entry}`}>
                    #{event.entry}
                  </To>
                )}
              </span>
            </li>
          );
        })}
      </ol>
    </Card>
  );
}
