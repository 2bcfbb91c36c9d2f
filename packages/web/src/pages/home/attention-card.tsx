import { useNavigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import type { Output } from "../../data/api.ts";
import { Ago, To } from "../../parts/format.tsx";
import { Card } from "../../parts/layout.tsx";
import { VerdictGlyph } from "../../parts/verdict.tsx";

type Attention = Output<"insights.loop">["attention"];

/** What needs someone, most urgent first; J and K move, Enter opens. */
export function AttentionCard({ attention, total }: { attention: Attention; total: number }) {
  const [at, setAt] = useState(0);
  const navigate = useNavigate();
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const target = event.target as HTMLElement;
      if (
        event.metaKey ||
        event.ctrlKey ||
        event.altKey ||
        /^(INPUT|TEXTAREA|SELECT|A|BUTTON)$/.test(target.tagName) ||
        target.closest("dialog")
      )
        return;
      if (event.key === "j") setAt((now) => Math.min(now + 1, attention.length - 1));
      else if (event.key === "k") setAt((now) => Math.max(now - 1, 0));
      else if (event.key === "Enter" && attention[at]) void navigate({ to: attention[at].action.href as never });
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [attention, at, navigate]);
  const keys = (
    <span className="keys" aria-hidden>
      <kbd>J</kbd> <kbd>K</kbd> move <kbd>↵</kbd> open
    </span>
  );
  return (
    <Card title="Needs attention" note="most urgent first" right={attention.length > 1 ? keys : undefined} flush>
      {attention.length === 0 ? (
        <p className="quiet second">Nothing needs someone.</p>
      ) : (
        <ul className="attention">
          {attention.map((one, i) => (
            <li key={`${one.title} ${one.at}`} className={i === at && attention.length > 1 ? "at" : ""}>
              <VerdictGlyph mark={one.mark} />
              <div>
                <strong>{one.title}</strong>
                <div className="second">{one.detail}</div>
              </div>
              <span className="muted age">
                <Ago time={one.at} />
              </span>
              <To href={one.action.href} className="button">
                {one.action.label}
                <span className="visually-hidden">: {one.title}</span>
              </To>
            </li>
          ))}
        </ul>
      )}
      {total > attention.length && <p className="quiet muted">{total - attention.length} more under Incidents and Reviews.</p>}
    </Card>
  );
}
