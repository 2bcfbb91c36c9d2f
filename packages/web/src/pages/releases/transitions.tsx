import { To } from "../../parts/format.tsx";
import { Card } from "../../parts/layout.tsx";
import type { Release } from "./release-page.tsx";

export const Transitions = ({ project, one }: { project: string; one: Release }) => (
  <Card title="Steps taken" note="each one is an entry in the record" flush>
    <div className="scroll" tabIndex={0} role="group" aria-label="Steps taken">
      <table>
        <thead>
          <tr>
            <th>UTC</th>
            <th>Step</th>
            <th>By</th>
            <th>Because</th>
            <th className="num">Epoch</th>
            <th className="num">Entry</th>
          </tr>
        </thead>
        <tbody>
          {[...one.transitions].reverse().map((step) => (
            <tr key={step.rev}>
              <td className="mono">
                <time dateTime={step.at} title={step.at}>
                  {step.at.slice(11, 19)}
                </time>
              </td>
              <td style={{ whiteSpace: "nowrap", fontWeight: 500 }}>
                {step.from === step.to
                  ? step === one.transitions[0]
                    ? "started"
                    : "next share"
                  : `${step.from} → ${step.to}`.replaceAll("_", " ")}
              </td>
              <td className="second">{step.actor}</td>
              <td className="second" style={{ padding: "5px 10px" }}>
                {step.because}
              </td>
              <td className="num">{step.epoch ?? "–"}</td>
              <td className="num">
                <To href={`/p/${project}/record/${step.entry}`} className="mono">
                  {step.entry.slice(-6)}
                </To>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  </Card>
);
