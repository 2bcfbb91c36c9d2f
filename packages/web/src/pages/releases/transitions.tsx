import { To } from "../../parts/format.tsx";
import { num, TableCard } from "../../parts/table-card.tsx";
import type { Release } from "./release-page.tsx";

export const Transitions = ({ project, one }: { project: string; one: Release }) => (
  <TableCard
    title="Steps taken"
    note="each one is an entry in the record"
    head={["UTC", "Step", "By", "Because", num("Epoch"), num("Entry")]}
  >
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
  </TableCard>
);
