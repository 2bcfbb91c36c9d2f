import type { Output } from "../../../data/api.ts";
import { seconds } from "../../../parts/format.tsx";
import { Card } from "../../../parts/layout.tsx";
import { Pairs } from "../../../parts/pairs.tsx";
import { type Span, textOf } from "./span-tree.ts";

const inputs = "mlflow.spanInputs";
const outputs = "mlflow.spanOutputs";
const shownAtMost = 20_000;

/** What a span took and gave, what else is known of it, and what was said about it. */
export function SpanPanel({ span, said }: { span: Span; said: Output<"traces.get">["assessments"] }) {
  const rest = Object.entries(span.attributes).filter(([name]) => name !== inputs && name !== outputs);
  return (
    <div className="grid halves" style={{ alignItems: "start" }}>
      <Card title="Took" note={span.name}>
        <Value value={span.attributes[inputs]} />
      </Card>
      <Card title="Gave" note={span.failed ? span.message || "it failed" : undefined}>
        <Value value={span.attributes[outputs]} />
      </Card>
      {span.events.length > 0 && (
        <Card title="Events">
          {span.events.map((one, i) => (
            <div key={i}>
              <p>
                {one.name} <span className="muted">after {seconds(one.atSeconds)}</span>
              </p>
              <Pairs pairs={Object.entries(one.attributes).map(([name, value]) => ({ name, value: cut(textOf(value)), mono: true }))} />
            </div>
          ))}
        </Card>
      )}
      {said.length > 0 && (
        <Card title="Said about it" note={String(said.length)}>
          <Pairs
            pairs={said.map((one) => ({
              name: `${one.name}, ${one.kind} by ${one.source}${one.valid ? "" : ", replaced"}`,
              value: `${cut(textOf(one.value))}${one.rationale === null ? "" : `: ${one.rationale}`}`,
            }))}
          />
        </Card>
      )}
      {rest.length > 0 && (
        <Card title="Attributes" note={String(rest.length)}>
          <Pairs pairs={rest.map(([name, value]) => ({ name, value: cut(textOf(value)), mono: true }))} />
        </Card>
      )}
    </div>
  );
}

const cut = (text: string): string => (text.length > shownAtMost ? `${text.slice(0, shownAtMost)} …` : text);

const Value = ({ value }: { value: unknown }) =>
  value === undefined || value === null ? (
    <p className="muted">nothing that was noted</p>
  ) : (
    <pre className="span-value" tabIndex={0}>
      {cut(textOf(value))}
    </pre>
  );
