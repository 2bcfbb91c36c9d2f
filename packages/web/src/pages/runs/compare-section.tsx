import { bytes, number, seconds } from "../../parts/format.tsx";

export type Kind = "metrics" | "params" | "inputs" | "environment" | "resources";
type Row = { key: string; values: readonly (string | number | null)[]; differs: boolean };

const resources: Readonly<Record<string, string>> = {
  wallSeconds: "Wall time",
  cpuSeconds: "CPU time",
  gpuSeconds: "GPU time",
  waitSeconds: "Waited",
  peakBytes: "Peak memory",
  readBytes: "Read",
  writtenBytes: "Written",
};
const nameOf = (kind: Kind, key: string): string => (kind === "resources" ? (resources[key] ?? key) : key);

function words(kind: Kind, key: string, value: string | number | null): string {
  if (value === null) return "–";
  if (kind === "resources" && typeof value === "number") return key.endsWith("Bytes") ? bytes(value) : seconds(value);
  return typeof value === "number" ? number(value) : /^[0-9a-f]{40,64}$/.test(value) ? value.slice(0, 8) : value;
}

/** Rows that differ; a number has its distance from the baseline on the scale of its row. Which direction is better is not declared here, so it has no colour. */
export function Section({ kind, title, rows, runs, all }: { kind: Kind; title: string; rows: readonly Row[]; runs: number; all: boolean }) {
  const differing = rows.filter((row) => row.differs).length;
  const shown = all ? rows : rows.filter((row) => row.differs);
  if (rows.length === 0) return null;
  return (
    <tbody>
      <tr>
        <th scope="rowgroup" colSpan={runs + 1} style={{ background: "var(--sunken)", color: "var(--ink)" }}>
          <strong style={{ fontWeight: 600 }}>{title}</strong>{" "}
          <span className="muted" style={{ fontWeight: 400 }}>
            {differing} of {rows.length} {differing === 1 ? "differs" : "differ"}
          </span>
        </th>
      </tr>
      {shown.map((row) => {
        const first = row.values[0] ?? null;
        const widest = Math.max(
          ...row.values.map((value) => (typeof value === "number" && typeof first === "number" ? Math.abs(value - first) : 0)),
        );
        return (
          <tr key={row.key}>
            <th scope="row" title={row.key} className="clipped">
              {nameOf(kind, row.key)}
            </th>
            {Array.from({ length: runs }, (_, i) => {
              const value = row.values[i] ?? null;
              const changed = i > 0 && value !== first;
              const distance = typeof value === "number" && typeof first === "number" ? value - first : null;
              return (
                <td
                  key={i}
                  title={value === null ? "no value" : String(value)}
                  style={{
                    borderLeft: "1px solid var(--line)",
                    ...(changed && kind !== "metrics" && kind !== "resources" && { background: "var(--warn-soft)" }),
                  }}
                >
                  <span style={{ display: "flex", gap: 10, alignItems: "center" }}>
                    <span
                      className={i > 0 && !changed ? "muted" : ""}
                      style={{
                        fontWeight: changed ? 600 : 400,
                        overflow: "hidden",
                        textOverflow: "ellipsis",
                        maxWidth: 260,
                        whiteSpace: "nowrap",
                      }}
                    >
                      {words(kind, row.key, value)}
                    </span>
                    {changed && distance !== null && distance !== 0 && (
                      <>
                        <Bar share={widest === 0 ? 0 : distance / widest} />
                        <span className="second" style={{ whiteSpace: "nowrap" }}>
                          {distance > 0 ? "+" : ""}
                          {kind === "resources"
                            ? words(kind, row.key, Math.abs(distance)).replace(/^/, distance < 0 ? "−" : "")
                            : number(distance)}
                        </span>
                      </>
                    )}
                  </span>
                </td>
              );
            })}
          </tr>
        );
      })}
    </tbody>
  );
}

const Bar = ({ share }: { share: number }) => (
  <svg width="64" height="10" aria-hidden="true" style={{ marginLeft: "auto", flex: "none" }}>
    <line x1="32" x2="32" y1="0" y2="10" stroke="var(--line-strong)" />
    <rect x={share < 0 ? 32 + share * 30 : 32} y="2" width={Math.max(1, Math.abs(share) * 30)} height="6" rx="1.5" fill="var(--series-1)" />
  </svg>
);
