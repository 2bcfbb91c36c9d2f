import { useOperation } from "../../data/api.ts";
import { count } from "../../parts/format.tsx";
import { Answer, Card, Empty } from "../../parts/layout.tsx";
import { ResultCard } from "../../parts/result-card.tsx";
import type { RunDetail } from "./run-detail.ts";

const shownAtMost = 12;
const digestsAtMost = 200;
const urgency = ["error", "fail", "inconclusive", "warn", "skipped", "pass"];

/** What was tested of what this run made and read, the newest of each suite; what needs someone first. */
export function ChecksTab({ project, run }: { project: string; run: RunDetail }) {
  const links = [...run.outputs, ...run.inputs].flatMap((one) => one.digest ?? []);
  const digest = [...new Set(links)].slice(0, digestsAtMost);
  const query = useOperation("checks.list", { project, run: run.id, ...(digest.length > 0 && { digest: digest.join(",") }), limit: 200 });
  return (
    <Answer query={query}>
      {({ sets }) => {
        const newest = [...Map.groupBy(sets, (one) => `${one.suite} ${one.subjectDigest ?? one.subject}`).values()].flatMap(
          (all) => all[0] ?? [],
        );
        const ordered = newest.toSorted((a, b) => urgency.indexOf(a.verdict) - urgency.indexOf(b.verdict));
        if (ordered.length === 0)
          return (
            <Card>
              <Empty title="No suite has tested it" command="capstan test">
                Results about the data that this run read, and about what it made, stand here.
              </Empty>
            </Card>
          );
        return (
          <>
            {ordered.slice(0, shownAtMost).map((one) => (
              <ResultCard key={one.id} project={project} set={one.id} />
            ))}
            {ordered.length > shownAtMost && (
              <p className="muted">
                The first {shownAtMost} of {count(ordered.length)}, what needs someone first.
              </p>
            )}
          </>
        );
      }}
    </Answer>
  );
}
