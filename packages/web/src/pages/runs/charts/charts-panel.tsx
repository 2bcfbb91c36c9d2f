import { memo, useMemo, useState } from "react";
import { count } from "../../../parts/format.tsx";
import { Card } from "../../../parts/layout.tsx";
import { familyOf } from "../family.ts";
import { Near } from "../near.tsx";
import { hue } from "../status.ts";
import type { Named } from "../table/columns.ts";
import type { Row } from "../table/rows.ts";
import type { Question } from "../table/view.ts";
import { BarCard } from "./bar-card.tsx";
import { BoxCard } from "./box-card.tsx";
import { CurveCard } from "./curve-card.tsx";
import type { Drawn } from "./use-curves.ts";
import { useDrawing } from "./drawing.ts";
import { DrawingBar } from "./drawing-bar.tsx";
import { ImportanceCard } from "./importance-card.tsx";
import { ParallelCard } from "./parallel-card.tsx";
import { ScatterCard } from "./scatter-card.tsx";
import "./charts.css";

const greyAtMost = 18;
const runsAtMost = 40;
const familiesBeside = 3;
const familiesAtMost = 200;

type Props = {
  project: string;
  question: Question;
  order: readonly string[];
  top: readonly Row[];
  known: ReadonlyMap<string, Row>;
  total: number;
  drawn: readonly string[];
  names: readonly Named[];
  wide: boolean;
  onFilter: (filter: string) => void;
};

/** Curves of the runs that are drawn, and how values go together over the runs of the filter. Cards are made as they come into view. */
export default memo(function ChartsPanel({ project, question, order, top, known, total, drawn, names, wide, onFilter }: Props) {
  const { drawing, choose } = useDrawing();
  const [words, setWords] = useState("");
  const ids = useMemo(() => {
    const grey = top.filter((run) => run.kind === "user").slice(0, greyAtMost);
    return [...new Set([...drawn, ...grey.map((run) => run.id)])].slice(0, runsAtMost);
  }, [top, drawn]);
  const idText = ids.join();
  const runs = useMemo(
    () =>
      idText
        .split(",")
        .filter(Boolean)
        .map((id): Drawn => {
          const row = known.get(id);
          const at = drawn.indexOf(id);
          return {
            id,
            name: row?.name ?? id.slice(0, 8),
            color: at < 0 ? null : hue(at),
            startMs: row ? Date.parse(row.started) : 0,
            running: row?.status === "RUNNING",
          };
        }),
    [idText, drawn, known],
  );
  const families = useMemo(
    () =>
      [
        ...Map.groupBy(
          names.filter((one) => one.key.startsWith("metrics.") && one.points > 2).map((one) => one.key.slice("metrics.".length)),
          familyOf,
        ),
      ]
        .filter(([family]) => !family.startsWith("system/"))
        // What belongs to no section speaks of the whole run.
        .toSorted(([a], [b]) => Number(a.includes("/")) - Number(b.includes("/"))),
    [names],
  );
  const fits = (family: string): boolean => family.toLowerCase().includes(words.trim().toLowerCase());
  const found = families.filter(([family]) => fits(family));
  const shown = found.slice(0, wide ? familiesAtMost : familiesBeside);
  const sections = wide
    ? [...Map.groupBy(shown, ([family]) => (family.includes("/") ? family.slice(0, family.indexOf("/")) : ""))]
    : [["", shown] as const];
  const many = { question, order, total, names };
  const others = (
    <>
      <Near height={280}>
        <ParallelCard {...many} drawn={drawn} onFilter={onFilter} />
      </Near>
      <Near height={280}>
        <ScatterCard {...many} project={project} drawn={drawn} />
      </Near>
      <Near height={280}>
        <BarCard project={project} question={question} drawn={drawn} names={names} />
      </Near>
      <Near height={280}>
        <BoxCard {...many} />
      </Near>
      <Near height={280}>
        <ImportanceCard {...many} />
      </Near>
    </>
  );
  return (
    <div className={wide ? "charts-panel wide" : "charts-panel"}>
      <DrawingBar drawing={drawing} choose={choose}>
        {wide && (
          <label className="inline-field">
            <span>Metric</span>
            <input className="field" placeholder="part of a name" value={words} onChange={(event) => setWords(event.target.value)} />
          </label>
        )}
        <span className="muted eyes">
          {count(drawn.length)} of {count(total)} in colour
        </span>
      </DrawingBar>
      {families.length === 0 && (
        <Card title="Curves">
          <p className="second">None of the newest runs has logged a metric more than twice.</p>
        </Card>
      )}
      {sections.map(([section, all]) => (
        <section key={section} className="chart-section" aria-label={section === "" ? "Curves" : `Curves of ${section}`}>
          {section !== "" && <h2>{section}</h2>}
          <div className="chart-grid">
            {all.map(([family, keys]) => (
              <Near key={family} height={290}>
                <CurveCard project={project} family={family} keys={keys} runs={runs} drawing={drawing} together={`${project} runs`} />
              </Near>
            ))}
          </div>
        </section>
      ))}
      {found.length > shown.length && (
        <p className="muted">
          {count(shown.length)} of {count(found.length)} charts{wide ? "; type a part of a name" : "; the layout Charts has all"}
        </p>
      )}
      <div className="chart-grid">{others}</div>
    </div>
  );
});
