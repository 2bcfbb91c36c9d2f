import type { Output } from "../../data/api.ts";

type Proof = NonNullable<Output<"record.entry">["proof"]>;
type Level = { at: string; sibling: { hash: string; side: "left" | "right" } | null; level: number };

/** From the leaf at the bottom to the signed root: at each level the hash so far and the sibling it was joined with. */
export function ProofPath({ leaf, index, proof }: { leaf: string; index: number | null; proof: Proof }) {
  const chain = [leaf, ...proof.path.map((step) => step.result)];
  const whole: Level[] = chain.map((at, level) => ({ at, level, sibling: proof.path[level] ?? null })).reverse();
  const gap = whole.length > 9 ? whole.length - 8 : 0;
  const shown = gap === 0 ? whole : [...whole.slice(0, 4), ...whole.slice(4 + gap)];
  const step = 34,
    width = 360,
    mid = 180,
    height = shown.length * step + 6;
  const box = (x: number, y: number, text: string, kind: "root" | "path" | "sibling") => (
    <g>
      <rect
        x={x - 42}
        y={y}
        width={84}
        height={22}
        rx={4}
        fill={kind === "root" ? "var(--accent)" : kind === "path" ? "var(--accent-soft)" : "var(--surface)"}
        stroke={kind === "sibling" ? "var(--line-strong)" : "var(--accent)"}
        {...(kind === "sibling" && { strokeDasharray: "3 2" })}
      />
      <text
        x={x}
        y={y + 15}
        textAnchor="middle"
        fill={kind === "root" ? "var(--on-accent)" : kind === "path" ? "var(--ink)" : "var(--ink-3)"}
      >
        {text}
      </text>
    </g>
  );
  // A left sibling pushes the path to the right, and the other way round.
  const at = shown.map((one) => mid + (one.sibling === null ? 0 : one.sibling.side === "left" ? 50 : -50));
  return (
    <svg
      viewBox={`0 0 ${width} ${height}`}
      width="100%"
      style={{ maxWidth: 440, display: "block", margin: "0 auto", font: "10.5px JetBrains Mono, monospace" }}
      role="img"
      aria-label={`Entry ${index ?? ""} is joined with ${proof.path.length} sibling hashes to the root ${proof.root.slice(0, 8)} of a tree of ${proof.size}. From the leaf: ${proof.path.map((one) => `${one.side} ${one.hash.slice(0, 8)}`).join(", ")}`}
    >
      {shown.map((one, i) => {
        const y = i * step + 3;
        const x = i === 0 ? mid : (at[i] ?? mid);
        const above = i <= 1 ? mid : (at[i - 1] ?? mid);
        const parentSibling = shown[i]?.sibling;
        const other = mid + (parentSibling?.side === "left" ? -50 : 50);
        return (
          <g key={one.level}>
            {i > 0 && (
              <>
                <path d={`M${above} ${y - step + 22}V${y - 6}H${x}V${y}`} fill="none" stroke="var(--accent)" strokeWidth={1.6} />
                {parentSibling && <path d={`M${above} ${y - 6}H${other}V${y}`} fill="none" stroke="var(--line-strong)" />}
              </>
            )}
            {parentSibling && i > 0 && box(other, y, parentSibling.hash.slice(0, 6), "sibling")}
            {box(x, y, i === shown.length - 1 ? `# ${index ?? ""}` : one.at.slice(0, i === 0 ? 8 : 6), i === 0 ? "root" : "path")}
            {(i === 0 || i === shown.length - 1) && (
              <text x={10} y={y + 15} fill="var(--ink-3)">
                {i === 0 ? "root" : "leaf"}
              </text>
            )}
            {gap > 0 && i === 4 && (
              <text x={width - 6} y={y - 2} textAnchor="end" fill="var(--ink-3)">
                {gap} more levels
              </text>
            )}
          </g>
        );
      })}
    </svg>
  );
}
