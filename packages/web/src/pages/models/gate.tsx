import { useState } from "react";
import type { Output } from "../../data/api.ts";
import { To } from "../../parts/format.tsx";
import { Card } from "../../parts/layout.tsx";
import { nodeHref, nodeLabel } from "../../parts/node.ts";
import { VerdictGlyph } from "../../parts/verdict.tsx";
import { CountsLine } from "./counts.tsx";

type Gate = Output<"governance.gate">;
type Result = Gate["results"][number];

/** Each question of the gate with its answer: what fails or is unknown first; passes and what the policy skips folded. */
export function GateCard({ gate, base }: { gate: Gate; base: string }) {
  const [passes, setPasses] = useState(false);
  const [skips, setSkips] = useState(false);
  const urgent = gate.results.filter((one) => one.verdict !== "pass" && one.verdict !== "skipped");
  const passing = gate.results.filter((one) => one.verdict === "pass");
  const skipped = gate.results.filter((one) => one.verdict === "skipped");
  const open = gate.results.filter((one) => one.verdict === "inconclusive").length;
  const head = passing.slice(0, Math.max(0, 6 - urgent.length));
  const rest = passing.slice(head.length);
  return (
    <Card
      title={`Gate to ${gate.stage}`}
      note={`from the record, ${gate.at.slice(11, 16)} UTC, policy ${gate.policy.name}`}
      right={<CountsLine counts={gate.counts} />}
      flush
    >
      <div className="scroll" tabIndex={0} role="group" aria-label="Gate results">
        <table>
          <thead>
            <tr>
              <th>
                <span className="visually-hidden">Verdict</span>
              </th>
              <th>Id</th>
              <th>Question</th>
              <th>Found</th>
              <th>Asked for</th>
              <th>Evidence</th>
            </tr>
          </thead>
          <tbody>
            {urgent.map((one) => (
              <Row key={one.id} one={one} base={base} />
            ))}
            {head.map((one) => (
              <Row key={one.id} one={one} base={base} />
            ))}
            {rest.length > 0 && (
              <Fold
                open={passes}
                flip={() => setPasses(!passes)}
                text={`${rest.length} more, all pass`}
                right={`Not yet answered: ${open === 0 ? "nothing" : open}`}
              />
            )}
            {passes && rest.map((one) => <Row key={one.id} one={one} base={base} />)}
            {skipped.length > 0 && (
              <Fold
                open={skips}
                flip={() => setSkips(!skips)}
                text={`${skipped.length} not asked at this level`}
                right="each by a rule of the policy"
              />
            )}
            {skips && skipped.map((one) => <Row key={one.id} one={one} base={base} />)}
          </tbody>
        </table>
      </div>
    </Card>
  );
}

const Fold = ({ open, flip, text, right }: { open: boolean; flip: () => void; text: string; right: string }) => (
  <tr>
    <td colSpan={6}>
      <span style={{ display: "flex" }}>
        <button
          type="button"
          aria-expanded={open}
          onClick={flip}
          style={{
            background: "none",
            border: 0,
            padding: 0,
            minHeight: 24,
            color: "var(--accent-ink)",
            cursor: "pointer",
            fontWeight: 500,
          }}
        >
          <span aria-hidden>{open ? "⌄ " : "› "}</span>
          {text}
        </button>
        <span className="muted" style={{ marginLeft: "auto" }}>
          {right}
        </span>
      </span>
    </td>
  </tr>
);

const Row = ({ one, base }: { one: Result; base: string }) => (
  <tr>
    <td style={{ width: 36 }}>
      <VerdictGlyph mark={one.verdict} />
    </td>
    <td className="mono second" style={{ whiteSpace: "nowrap" }}>
      {one.id}
    </td>
    <td style={{ fontWeight: 500 }} title={one.clauses.length > 0 ? `asked for by ${one.clauses.join(", ")}` : undefined}>
      {one.title}
    </td>
    <td style={{ padding: "5px 10px", maxWidth: 340, overflowWrap: "anywhere" }}>
      {one.observed?.replace(/\b([0-9a-f]{8})[0-9a-f]{24,}\b/g, "$1") ?? <span className="muted">{one.rule}</span>}
    </td>
    <td className="second" style={{ padding: "5px 10px", maxWidth: 220 }}>
      {one.bound}
    </td>
    <td style={{ whiteSpace: "nowrap" }}>
      {[...new Set(one.evidence)].slice(0, 2).map((node) => (
        <div key={node} style={{ minHeight: 24 }}>
          <To className="target" href={nodeHref(base, node)}>
            {nodeLabel(node)}
          </To>
        </div>
      ))}
    </td>
  </tr>
);
