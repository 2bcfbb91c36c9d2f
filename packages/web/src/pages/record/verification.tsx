import type { Output } from "../../data/api.ts";
import { Ago, count, seconds } from "../../parts/format.tsx";
import { Card } from "../../parts/layout.tsx";
import { VerdictBadge, VerdictGlyph } from "../../parts/verdict.tsx";

/** Each part that was looked at with what it found, and what the answer rests on. */
export const VerificationCard = ({
  found,
  against,
}: {
  found: Output<"record.verify">;
  /** Verifies again, against the checkpoints in a file that someone else held. */ against: (file: File) => void;
}) => (
  <Card
    title="Verification"
    note={
      <>
        <Ago time={found.at} />, {count(found.entries)} entries in {seconds(found.seconds)}
      </>
    }
    right={<VerdictBadge mark={found.verdict} />}
    flush
  >
    <div className="grid two" style={{ gap: 0 }} role="status">
      <div className="scroll" tabIndex={0} role="group" aria-label="Parts">
        <table>
          <thead>
            <tr>
              <th>Part</th>
              <th>Found</th>
              <th className="num">First entry that differs</th>
            </tr>
          </thead>
          <tbody>
            {found.parts.map((part) => (
              <tr key={part.part}>
                <td>
                  <span className="verdict">
                    <VerdictGlyph mark={part.verdict} />
                    {part.part}
                  </span>
                </td>
                <td className="second" style={{ padding: "5px 10px" }}>
                  {part.text}
                </td>
                <td className="num">{part.index ?? "none"}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <div style={{ padding: 14, borderLeft: "1px solid var(--line)" }}>
        <h3 className="muted" style={{ font: "inherit", margin: 0 }}>
          The answer rests on
        </h3>
        <ul style={{ margin: "6px 0 0", paddingLeft: 18 }}>
          {found.reliedOn.map((one) => (
            <li key={one}>{one}</li>
          ))}
        </ul>
        <label className="button" style={{ marginTop: 10 }}>
          Verify against an anchor
          <input
            type="file"
            className="visually-hidden"
            onChange={(event) => {
              const [file] = event.target.files ?? [];
              if (file) against(file);
            }}
          />
        </label>
      </div>
    </div>
  </Card>
);
