import { To } from "../../parts/format.tsx";
import { Linked } from "../../parts/linked.tsx";
import { Card } from "../../parts/layout.tsx";
import type { Version } from "./version-page.tsx";

const shape = (each: readonly number[]): string => `[${each.map((size) => (size === -1 ? "rows" : size)).join(", ")}]`;

export const SignatureCard = ({ one }: { one: Version }) => (
  <Card
    title="Signature"
    note={`${one.signature.inputs.length} inputs, ${one.signature.outputs.length} ${one.signature.outputs.length === 1 ? "output" : "outputs"}, Open Inference Protocol`}
    flush
  >
    <div className="scroll" tabIndex={0} role="group" aria-label="Signature">
      <table>
        <thead>
          <tr>
            <th>Column</th>
            <th>Side</th>
            <th>Type</th>
            <th>Shape</th>
          </tr>
        </thead>
        <tbody>
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
        </tbody>
      </table>
    </div>
  </Card>
);

export const HistoryCard = ({ one, base }: { one: Version; base: string }) => (
  <Card title="History" note="newest first, each with its entry" flush>
    <div className="scroll" tabIndex={0} role="group" aria-label="History">
      <table>
        <thead>
          <tr>
            <th>UTC</th>
            <th>What</th>
            <th>Detail</th>
            <th>By</th>
            <th className="num">Entry</th>
          </tr>
        </thead>
        <tbody>
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
        </tbody>
      </table>
    </div>
  </Card>
);
