import { useState } from "react";
import { type Output, useOperation } from "../../data/api.ts";
import { Answer, Card, Empty } from "../../parts/layout.tsx";
import { IntervalPlot } from "../../parts/interval-plot.tsx";
import { ResultCard } from "../../parts/result-card.tsx";
import { boundOf, slicesOf } from "./slices.ts";
import type { Version } from "./version.ts";

type Sets = Output<"checks.list">["sets"];
type Result = Output<"checks.result">["results"][number];
const shownAtOnce = 3;

const useSets = (project: string, model: string, version: string, enabled = true) =>
  useOperation("checks.list", { project, subject: `model:${model}@${version}`, limit: 50 }, { enabled });
/** `model:x@v1` also begins `model:x@v10`. */
const ofVersion = (sets: Sets, model: string, version: string): Sets => sets.filter((one) => one.subject === `model:${model}@${version}`);

/** Every suite that ran on this version, newest first, with each test's answer. */
export function ChecksTab({ project, one }: { project: string; one: Version }) {
  const [shown, setShown] = useState(shownAtOnce);
  return (
    <Answer query={useSets(project, one.model, one.version)}>
      {({ sets }) => {
        const mine = ofVersion(sets, one.model, one.version);
        return mine.length === 0 ? (
          <Card>
            <Empty title="No suite ran on this version" command="capstan check">
              Suites of capstan.yaml that are for this model run when a version is registered, and when someone asks.
            </Empty>
          </Card>
        ) : (
          <>
            {mine.slice(0, shown).map((set) => (
              <ResultCard key={set.id} project={project} set={set.id} />
            ))}
            {mine.length > shown && (
              <button type="button" className="text-button" onClick={() => setShown(shown + 10)}>
                {mine.length - shown} earlier
              </button>
            )}
          </>
        );
      }}
    </Answer>
  );
}

const useSlices = (project: string, model: string, version: string | null): { pending: boolean; results: readonly Result[] } => {
  const sets = useSets(project, model, version ?? "", version !== null);
  // The newest set that has slices; a suite without a test by slices has none.
  const candidates = ofVersion(sets.data?.sets ?? [], model, version ?? "").slice(0, 1);
  const set = useOperation("checks.result", { project, set: candidates[0]?.id ?? "" }, { enabled: candidates.length > 0 });
  return {
    pending: sets.isPending || (candidates.length > 0 && set.isPending),
    results: set.data?.results.filter((one) => one.kind === "slice") ?? [],
  };
};

/** How good it is where it is worst: each slice with its interval, the bound, and the other version. */
export function SlicesTab({ project, one, other }: { project: string; one: Version; other: string | null }) {
  const mine = useSlices(project, one.model, one.version);
  const theirs = useSlices(project, one.model, other);
  if (mine.pending) return <div className="skeleton" aria-busy="true" />;
  if (mine.results.length === 0)
    return (
      <Card>
        <Empty title="No test by slices answered for this version">
          A test of kind <code>slice</code> in a suite for this model tells where it is good and where it is not.
        </Empty>
      </Card>
    );
  return (
    <>
      {mine.results.map((result) => {
        const rows = slicesOf(
          result,
          theirs.results.find((each) => each.id === result.id),
        );
        return (
          <Card key={result.id} title={result.title} note={result.detail} flush>
            <IntervalPlot
              rows={rows}
              bound={boundOf(result.bound)}
              label={result.title}
              otherName={theirs.results.length > 0 && other !== null ? other : undefined}
            />
          </Card>
        );
      })}
    </>
  );
}
