import { To } from "../../parts/format.tsx";
import { Card } from "../../parts/layout.tsx";
import { Linked } from "../../parts/linked.tsx";
import { Pairs } from "../../parts/pairs.tsx";
import { num, TableCard } from "../../parts/table-card.tsx";
import type { Version } from "./version.ts";

const shape = (each: readonly number[]): string => `[${each.map((size) => (size === -1 ? "rows" : size)).join(", ")}]`;

const SignatureCard = ({ one }: { one: Version }) => (
  <TableCard
    title="Signature"
    note={`${one.signature.inputs.length} inputs, ${one.signature.outputs.length} ${one.signature.outputs.length === 1 ? "output" : "outputs"}, Open Inference Protocol`}
    head={["Column", "Side", "Type", "Shape"]}
  >
    {[
      ...one.signature.inputs.map((each) => ({ ...each, side: "input" })),
      ...one.signature.outputs.map((each) => ({ ...each, side: "output" })),
    ].map((each) => (
      <tr key={`${each.side} ${each.name}`}>
        <td style={{ fontWeight: 500 }}>{each.name}</td>
        <td className="second">{each.side}</td>
        <td className="mono">{each.datatype}</td>
        <td className="mono second">{shape(each.shape)}</td>
      </tr>
    ))}
  </TableCard>
);

/** What it takes and gives, and what else its bundle pins. */
export function SignatureTab({ one }: { one: Version }) {
  const pinned = [
    ...Object.entries(one.bundleParts.thresholds).map(([name, value]): [string, string] => [name, String(value)]),
    ...Object.entries(one.bundleParts.flags).map(([name, value]): [string, string] => [name, String(value)]),
    ...Object.entries(one.params).map(([name, value]): [string, string] => [
      name,
      typeof value === "object" ? JSON.stringify(value) : String(value),
    ]),
  ];
  return (
    <div className="grid two" style={{ alignItems: "start" }}>
      {one.signature.inputs.length + one.signature.outputs.length === 0 ? (
        <Card title="Signature">
          <p className="second">
            Nothing here reads the columns of {one.form === "artifacts" ? "what its client registered" : "this file"}; ONNX files tell
            theirs.
          </p>
        </Card>
      ) : (
        <SignatureCard one={one} />
      )}
      <Card title="Pinned with it" note="thresholds, flags and parameters of the bundle">
        {pinned.length === 0 ? (
          <p className="second">Nothing beside the model and its schema.</p>
        ) : (
          <Pairs pairs={pinned.map(([name, value]) => ({ name, value }))} />
        )}
      </Card>
    </div>
  );
}

export const HistoryCard = ({ one, base }: { one: Version; base: string }) => (
  <TableCard title="History" note="newest first, each with its entry" head={["UTC", "What", "Detail", "By", num("Entry")]}>
    {one.history.map((each) => (
      <tr key={each.entry}>
        <td className="mono second" style={{ whiteSpace: "nowrap" }}>
          <time dateTime={each.at} title={each.at}>
            {each.at.slice(0, 10)} {each.at.slice(11, 19)}
          </time>
        </td>
        <td className="mono">{each.action}</td>
        <td className="second" style={{ padding: "5px 10px" }}>
          <Linked text={each.what} base={base} model={one.model} />
        </td>
        <td className="second">{each.actor}</td>
        <td className="num">
          <To className="mono" href={`${base}/record/${each.entry}`}>
            {each.entry.slice(-6)}
          </To>
        </td>
      </tr>
    ))}
  </TableCard>
);
