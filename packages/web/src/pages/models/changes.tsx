import { type Output, useOperation } from "../../data/api.ts";
import { number, To } from "../../parts/format.tsx";
import { Card } from "../../parts/layout.tsx";
import { TableCard } from "../../parts/table-card.tsx";
import type { Version } from "./version.ts";

type Values = ReadonlyMap<string, string>;

function flat(value: unknown, at = "", into = new Map<string, string>()): Map<string, string> {
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    for (const [name, inner] of Object.entries(value)) flat(inner, at === "" ? name : `${at}.${name}`, into);
  else into.set(at, JSON.stringify(value));
  return into;
}
const differing = (a: Values, b: Values): string[] =>
  [...new Set([...a.keys(), ...b.keys()])].filter((name) => a.get(name) !== b.get(name)).sort();
const digestOf = (one: Version, kind: string): string =>
  one.data
    .filter((each) => each.node.startsWith(`${kind}:`))
    .map((each) => each.digest ?? each.node)
    .sort()
    .join(" ");

/** The version that one is held against: what it took the place of, else what is live, else the one registered before it. */
export function otherThan(one: Version, model: Output<"models.get">, releases: Output<"releases.list">): string | null {
  const replaced =
    releases.releases.find((each) => each.model === one.model && each.to === one.version && each.from !== null)?.from ?? null;
  if (replaced !== null && replaced !== one.version) return replaced;
  if (model.live !== null && model.live !== one.version) return model.live;
  return model.list.find((each) => Number(each.version.slice(1)) < Number(one.version.slice(1)))?.version ?? null;
}

/** What differs from another version, by the record of both; metrics with their difference. */
export function ChangesCard({
  project,
  one,
  other,
  all = false,
}: {
  project: string;
  one: Version;
  other: string;
  /** Every parameter that differs, not the first few. */ all?: boolean;
}) {
  const before = useOperation("models.version", { project, model: one.model, version: other }).data;
  const title = (
    <>
      What changed since{" "}
      <To className="inline-link" href={`/p/${project}/models/${one.model}/${other}`}>
        {other}
      </To>
    </>
  );
  if (!before)
    return (
      <Card title={title}>
        <div className="skeleton" aria-busy="true" />
      </Card>
    );
  const [now, then] = [flat(one.params), flat(before.params)];
  const changed = differing(now, then);
  const shown = all ? Infinity : 4;
  const same = (is: boolean): [string, string] => (is ? ["same", ""] : ["changed", ""]);
  const parameters: [string, string, string] = [
    "Parameters",
    changed.length === 0 ? "same" : `${changed.length} of ${new Set([...now.keys(), ...then.keys()]).size}`,
    changed
      .slice(0, shown)
      .map((name) => `${name} ${then.get(name) ?? "none"} → ${now.get(name) ?? "none"}`)
      .join(", ") + (changed.length > shown ? `, ${changed.length - shown} more` : ""),
  ];
  const rows: [string, string, string][] = [
    ["Model", ...same(one.digest === before.digest)],
    ...(now.size + then.size === 0 ? [] : [parameters]),
    ["Code", ...same(digestOf(one, "code") === digestOf(before, "code"))],
    ["Environment", ...same(digestOf(one, "env") === digestOf(before, "env"))],
    ["Inputs", ...same(digestOf(one, "data") + digestOf(one, "blob") === digestOf(before, "data") + digestOf(before, "blob"))],
    ["Signature", ...same(one.bundleParts.schema === before.bundleParts.schema)],
    [
      "Thresholds, flags",
      ...same(
        JSON.stringify([one.bundleParts.thresholds, one.bundleParts.flags]) ===
          JSON.stringify([before.bundleParts.thresholds, before.bundleParts.flags]),
      ),
    ],
  ];
  return (
    <TableCard title={title} label="What changed" head={["What", "Is", ...(changed.length > 0 ? ["How"] : [])]}>
      {rows.map(([what, is, how]) => (
        <tr key={what}>
          <th scope="row" style={{ fontWeight: 400 }}>
            {what}
          </th>
          <td style={{ fontWeight: is === "same" ? 400 : 600, whiteSpace: "nowrap" }} className={is === "same" ? "muted" : undefined}>
            {is}
          </td>
          {changed.length > 0 && (
            <td className="second" style={{ padding: "5px 10px" }}>
              {how}
            </td>
          )}
        </tr>
      ))}
    </TableCard>
  );
}

/** The metrics of its evaluation beside those of another version. */
export function MetricsCard({ project, one, other }: { project: string; one: Version; other: string | null }) {
  const before = useOperation("models.version", { project, model: one.model, version: other ?? "" }, { enabled: other !== null }).data;
  const names = Object.keys(one.metrics);
  return (
    <Card title="Metrics" note="of the evaluation that made it" flush>
      {names.length === 0 ? (
        <p className="second" style={{ padding: 14 }}>
          It came without metrics.
        </p>
      ) : (
        <div className="scroll" tabIndex={0} role="group" aria-label="Metrics">
          <table>
            <thead>
              <tr>
                <th>Metric</th>
                <th className="num">{one.version}</th>
                {before && <th className="num">{before.version}</th>}
                {before && <th className="num">Difference</th>}
              </tr>
            </thead>
            <tbody>
              {names.map((name) => {
                const [now, then] = [one.metrics[name] ?? 0, before?.metrics[name]];
                return (
                  <tr key={name}>
                    <th scope="row" style={{ fontWeight: 400 }}>
                      {name.replaceAll("_", " ")}
                    </th>
                    <td className="num" style={{ fontWeight: 600 }}>
                      {number(now)}
                    </td>
                    {before && <td className="num second">{number(then)}</td>}
                    {before && (
                      <td className="num">
                        {then === undefined ? "–" : `${now > then ? "+" : ""}${number(Number((now - then).toPrecision(3)))}`}
                      </td>
                    )}
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
      )}
    </Card>
  );
}
