import { useParams } from "@tanstack/react-router";
import { useOperation } from "../../data/api.ts";
import { Ago, Digest, seconds, To } from "../../parts/format.tsx";
import { Answer, Empty, Facts, PageHead } from "../../parts/layout.tsx";
import { VerdictBadge } from "../../parts/verdict.tsx";
import { num, TableCard } from "../../parts/table-card.tsx";
import { CountsLine } from "./counts.tsx";

/** Dossiers, those that wait for a signature first. */
export function ReviewsPage() {
  const { project = "" } = useParams({ strict: false }) as { project?: string };
  return (
    <Answer query={useOperation("governance.reviews", { project, limit: 1000 })}>
      {({ reviews }) => {
        const waiting = reviews.filter((one) => one.state === "in-review");
        const waits = reviews
          .filter((one) => one.state !== "in-review")
          .map((one) => one.waitingSeconds)
          .sort((a, b) => a - b);
        const sorted = [
          ...waiting.sort((a, b) => b.waitingSeconds - a.waitingSeconds),
          ...reviews.filter((one) => one.state !== "in-review"),
        ];
        return (
          <>
            <PageHead title="Reviews">
              {waiting.length === 0
                ? "Nothing waits for a signature. "
                : `${waiting.length} ${waiting.length === 1 ? "dossier waits" : "dossiers wait"} for a signature. `}
              A dossier freezes the evidence of one version; signatures bind to its digest.
            </PageHead>
            {reviews.length > 0 && (
              <Facts
                facts={[
                  {
                    label: "Waiting",
                    value: waiting.length,
                    small: waiting.length === 0 ? "none" : `longest ${seconds(waiting[0]?.waitingSeconds)}`,
                  },
                  {
                    label: "Decided",
                    value: waits.length,
                    small: `${reviews.filter((one) => one.state === "declined").length} declined, ${reviews.filter((one) => one.state === "voided").length} voided`,
                  },
                  { label: "Median wait", value: seconds(waits[Math.floor(waits.length / 2)]), small: "asked to decided" },
                  {
                    label: "Held up by the gate",
                    value: reviews.filter((one) => one.verdict !== "pass" && one.verdict !== "warn").length,
                    small: "fail, error or inconclusive",
                  },
                ]}
              />
            )}
            <TableCard
              title="Dossiers"
              note="waiting first, then newest"
              empty={
                reviews.length === 0 && (
                  <Empty title="No dossier yet" command="capstan review MODEL">
                    Asking for a review freezes the evidence of a version as a dossier.
                  </Empty>
                )
              }
              head={[
                "Version",
                "State",
                num("Level"),
                "Gate",
                "Answers",
                num("Signed"),
                num("Waited"),
                "Asked by",
                num("Asked"),
                "Dossier",
              ]}
            >
              {sorted.map((one) => (
                <tr key={one.dossier}>
                  <td>
                    <To href={`/p/${project}/models/${one.model}/v${one.version}`}>
                      <strong>
                        {one.model} v{one.version}
                      </strong>
                    </To>
                  </td>
                  <td>
                    <VerdictBadge
                      mark={
                        one.state === "approved"
                          ? "pass"
                          : one.state === "in-review"
                            ? "waiting"
                            : one.state === "declined"
                              ? "fail"
                              : "skipped"
                      }
                      text={one.state.replaceAll("-", " ")}
                    />
                  </td>
                  <td className="num">{one.level ?? "–"}</td>
                  <td>
                    <VerdictBadge mark={one.verdict} />
                  </td>
                  <td>
                    <CountsLine counts={one.counts} />
                  </td>
                  <td className="num">
                    {one.signed} of {one.needed}
                  </td>
                  <td className="num">{seconds(one.waitingSeconds)}</td>
                  <td className="second">{one.askedBy}</td>
                  <td className="num">
                    <Ago time={one.askedAt} />
                  </td>
                  <td>
                    <Digest digest={one.dossier} />
                  </td>
                </tr>
              ))}
            </TableCard>
          </>
        );
      }}
    </Answer>
  );
}
