import { Ago, number, seconds, To } from "../../parts/format.tsx";
import { VerdictGlyph } from "../../parts/verdict.tsx";
import { kindWord, markOf, type Run } from "./status.ts";

/** `metric:auc`, `param:seed`, or a fact of the run itself. */
export type Sort = { key: string; down: boolean };

function valueOf(run: Run, key: string): string | number | null {
  if (key.startsWith("metric:")) return run.metrics[key.slice(7)] ?? null;
  if (key.startsWith("param:")) return run.params[key.slice(6)] ?? null;
  return key === "name" ? run.name : key === "seconds" ? run.seconds : Date.parse(run.started);
}
/** Runs without the value come last in either direction. */
export function sorted(runs: readonly Run[], { key, down }: Sort): Run[] {
  return runs.toSorted((left, right) => {
    const [a, b] = [valueOf(left, key), valueOf(right, key)];
    if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
    const order = typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), "en", { numeric: true });
    return down ? -order : order;
  });
}

export function RunsTable({ project, runs, metrics, params, chosen, toggle, sort, setSort, colours }: { project: string; runs: readonly Run[]; metrics: readonly string[]; params: readonly string[]; chosen: ReadonlySet<string>; toggle: (id: string) => void; sort: Sort; setSort: (sort: Sort) => void; colours: ReadonlyMap<string, string> }) {
  const head = (key: string, label: string, num = false) => (
    <th key={key} scope="col" className={num ? "num" : ""} aria-sort={sort.key === key ? (sort.down ? "descending" : "ascending") : "none"}>
      <button type="button" title={label} onClick={() => setSort({ key, down: sort.key === key ? !sort.down : true })} style={{ maxWidth: 116, overflow: "hidden", textOverflow: "ellipsis", verticalAlign: "middle" }}>{label}{sort.key === key ? (sort.down ? " ↓" : " ↑") : ""}</button>
    </th>
  );
  return (
    <section className="card" aria-label="Runs"><div className="scroll" tabIndex={0} role="group" aria-label="Table of runs"><table>
      <thead><tr><th scope="col"><span className="visually-hidden">Compare</span></th>{head("name", "Run")}<th scope="col">Kind</th>{metrics.map((key) => head(`metric:${key}`, key, true))}{params.map((key) => head(`param:${key}`, key, true))}{head("seconds", "Took", true)}{head("started", "Started", true)}</tr></thead>
      <tbody>
        {runs.map((run) => (
          <tr key={run.id} className={chosen.has(run.id) ? "selected" : ""}>
            <td style={{ width: 48, whiteSpace: "nowrap" }}><span style={{ display: "inline-flex", gap: 8, alignItems: "center" }}><input type="checkbox" aria-label={`Choose ${run.name} ${run.id.slice(0, 8)}`} checked={chosen.has(run.id)} onChange={() => toggle(run.id)} style={{ width: 16, height: 16, accentColor: "var(--accent)" }} /><i aria-hidden style={{ width: 10, height: 10, borderRadius: 3, border: "1px solid var(--line)", background: colours.get(run.id) ?? "transparent" }} /></span></td>
            <th scope="row" style={{ color: "var(--ink)" }}><span className="verdict"><VerdictGlyph mark={markOf(run)} /><To href={`/p/${project}/runs/${run.id}`}>{run.name}</To><code className="muted">{run.id.slice(0, 6)}</code></span></th>
            <td className="second">{kindWord[run.kind]}</td>
            {metrics.map((key) => <td key={key} className="num">{run.metrics[key] === undefined ? <span className="muted">–</span> : number(run.metrics[key])}</td>)}
            {params.map((key) => <td key={key} className="num">{run.params[key] ?? <span className="muted">–</span>}</td>)}
            <td className="num">{seconds(run.seconds)}</td><td className="num"><Ago time={run.started} /></td>
          </tr>
        ))}
      </tbody>
    </table></div></section>
  );
}
