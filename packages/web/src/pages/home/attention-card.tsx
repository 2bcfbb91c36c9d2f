import { useNavigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import type { Output } from "../../data/api.ts";
import { Ago, To } from "../../parts/format.tsx";
import { Card } from "../../parts/layout.tsx";
import { isPageKey } from "../../parts/own-key.ts";
import { VerdictGlyph } from "../../parts/verdict.tsx";

type Attention = Output<"insights.loop">["attention"];

const keyOf = (one: Attention[number]): string => `${one.title} ${one.at}`;

/** What needs someone, most urgent first; J and K move, Enter opens. */
export function AttentionCard({ attention, total }: { attention: Attention; total: number }) {
  /** What is chosen stays so when others come before it. */
  const [chosen, setChosen] = useState(attention[0] && keyOf(attention[0]));
  const at = Math.max(
    0,
    attention.findIndex((one) => keyOf(one) === chosen),
  );
  const navigate = useNavigate();
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (!isPageKey(event) || /^(A|BUTTON)$/.test((event.target as HTMLElement).tagName)) return;
      const next = attention[at + (event.key === "j" ? 1 : event.key === "k" ? -1 : 0)];
      if (event.key === "j" || event.key === "k") setChosen(next ? keyOf(next) : chosen);
      else if (event.key === "Enter" && attention[at]) void navigate({ to: attention[at].action.href as never });
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [attention, at, chosen, navigate]);
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
            <li key={keyOf(one)} className={i === at && attention.length > 1 ? "at" : ""}>
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
