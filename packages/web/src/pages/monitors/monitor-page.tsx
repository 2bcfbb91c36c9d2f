import { useParams } from "@tanstack/react-router";
import { useMemo } from "react";
import { client, type Output, useOperation } from "../../data/api.ts";
import { type Evidence, EvidenceChart } from "../../parts/evidence-chart.tsx";
import { number, seconds, To } from "../../parts/format.tsx";
import { Guarded } from "../../parts/guarded.tsx";
import { Linked } from "../../parts/linked.tsx";
import { Answer, Card, Empty, Facts, PageHead } from "../../parts/layout.tsx";
import { VerdictBadge, VerdictGlyph } from "../../parts/verdict.tsx";
import { AlertsTable } from "./alerts.tsx";
import { HeatTable, ShadeKey } from "./heat-table.tsx";
import { short } from "./windows.ts";

type Monitor = Output<"monitors.get">;

/** Since when is the world no longer as in training, and in what. */
export function MonitorPage() {
  const { project = "", monitor = "" } = useParams({ strict: false }) as { project?: string; monitor?: string };
  return <Answer query={useOperation("monitors.get", { project, monitor })}>{(one) => <Page project={project} one={one} />}</Answer>;
}

function Page({ project, one }: { project: string; one: Monitor }) {
  const quality = one.seriesList.filter((each) => each.group === "estimated" || each.group === "realised");
  return (
    <>
      <PageHead
        title={one.monitor}
        tags={
          <>
            <VerdictBadge mark={one.verdict} text={`${one.quiet} of ${one.series} quiet`} />
            <span className="tag">windows of {seconds(one.windowSeconds)}</span>
            <span className="tag">against {one.reference}</span>
          </>
        }
        acts={
          <>
            <Guarded
              capability="run"
              act={() => client.call("monitors.backtest", { project })}
              said={(done) => (
                <>
                  {done.monitors
                    .map((each) => `${each.monitor}: ${each.alarms} of ${each.cells} values alarm on the reference, ${each.verdict}`)
                    .join("; ")}
                  {done.entry !== null && (
                    <>
                      , <To href={`/p/${project}/record/${done.entry}`}>entry {done.entry}</To>
                    </>
                  )}
                  .
                </>
              )}
            >
              Backtest
            </Guarded>
            <Guarded
              capability="run"
              act={() => client.call("monitors.evaluate", { project })}
              said={(done) => (
                <>
                  {done.windows === 0 ? "No window has ended since; looked" : `${done.windows} windows judged`} in {seconds(done.seconds)}:{" "}
                  {done.alerts.length === 0 ? "no alert" : done.alerts.map((each) => each.id).join(", ")}
                  {done.incidents.length > 0 && (
                    <>
                      , <Linked text={done.incidents.join(", ")} base={`/p/${project}`} />
                    </>
                  )}
                  .
                </>
              )}
            >
              Judge now
            </Guarded>
          </>
        }
      >
        {one.sentence} Model <To href={`/p/${project}/models/${one.model}`}>{one.model}</To>, route{" "}
        <To href={`/p/${project}/routes/${one.route}`}>{one.route}</To>.
      </PageHead>
      <Facts
        facts={one.facts.map((fact) => ({
          label: fact.label,
          value:
            fact.mark === null ? (
              fact.value
            ) : (
              <span className="verdict">
                <VerdictGlyph mark={fact.mark} />
                {fact.value}
              </span>
            ),
          small: fact.small,
        }))}
      />
      <Card title="Windows" note="shade is how far beyond the bound, glyph is the verdict" right={<ShadeKey />} flush>
        {one.windowList.length === 0 ? (
          <Empty title="No window has ended yet">A window is judged once it has ended and has rows.</Empty>
        ) : (
          <HeatTable one={one} base={`/p/${project}/monitors/${one.monitor}`} />
        )}
      </Card>
      {quality.map((series) => (
        <SeriesCard key={series.id} one={one} series={series} />
      ))}
      {one.backtest && (
        <Card
          title="Backtest"
          note="the same bounds on the training weeks, leaving one week out at a time"
          right={<VerdictBadge mark={one.backtest.verdict} />}
        >
          <p>
            {one.backtest.alarms} of {one.backtest.cells} values would have alarmed, in {one.backtest.weeksWithAlarm} of{" "}
            {one.backtest.weeks} weeks. The bounds were made for {number(one.backtest.alpha * 100)} % false alarms per series and window,
            about {number(Number((one.backtest.alpha * one.backtest.cells).toPrecision(2)))} expected here.
          </p>
        </Card>
      )}
      <Card title="Alerts" note={`${one.alertsOpen} open`} flush>
        <AlertsTable alerts={one.alerts} project={project} names={new Map(one.seriesList.map((each) => [each.id, each.name]))} />
      </Card>
    </>
  );
}

function SeriesCard({ one, series }: { one: Monitor; series: Monitor["seriesList"][number] }) {
  const evidence = useMemo((): Evidence => evidenceOf(one.windowList, series, one.markers), [one, series]);
  return (
    <Card title={series.name} note={`${series.group}, ${series.unit}`} right={<VerdictBadge mark={series.verdict} />}>
      <EvidenceChart
        evidence={evidence}
        xText={(at) => short(new Date(at).toISOString())}
        summary={`${series.name} over ${one.windowList.length} windows, bound ${number(series.bound)}`}
        height={200}
      />
    </Card>
  );
}

/** A series over its windows, with its bound, its noise floor, and what happened meanwhile. */
export function evidenceOf(windows: Monitor["windowList"], series: Monitor["seriesList"][number], markers: Monitor["markers"]): Evidence {
  const x = windows.map((window) => Date.parse(window.start));
  const intervals = series.cells.map((cell) => cell.interval);
  return {
    x,
    lines: [{ label: series.name, values: series.cells.map((cell) => cell.value) }],
    ...(intervals.some((each) => each !== null) && {
      band: { label: "interval", low: intervals.map((each) => each?.[0] ?? null), high: intervals.map((each) => each?.[1] ?? null) },
    }),
    bounds: [
      ...(series.bound === null
        ? []
        : [{ value: series.bound, label: `bound ${number(series.bound)}`, side: series.above ? ("above" as const) : ("below" as const) }]),
      ...(series.lower === null ? [] : [{ value: series.lower, label: `bound ${number(series.lower)}`, side: "below" as const }]),
    ],
    guides: series.floor === null ? [] : [{ value: series.floor, label: "noise floor" }],
    marks: markers
      .map((each) => ({ x: Date.parse(each.at), label: each.label }))
      .filter((each) => each.x >= (x[0] ?? 0) && each.x <= (x.at(-1) ?? 0)),
    failing: series.cells.flatMap((cell, i) => (cell.verdict === "fail" ? [i] : [])),
  };
}
