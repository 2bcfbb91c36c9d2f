import { useParams, useSearch } from "@tanstack/react-router";
import { client, useOperation } from "../../data/api.ts";
import { To } from "../../parts/format.tsx";
import { Guarded } from "../../parts/guarded.tsx";
import { Answer, Card, Empty, PageHead } from "../../parts/layout.tsx";
import { VerdictGlyph } from "../../parts/verdict.tsx";
import { ResultCard } from "../../parts/result-card.tsx";
import { type Suite, SuiteMatrix } from "./suite-matrix.tsx";

export function ChecksPage() {
  const { project = "", suite } = useParams({ strict: false }) as { project?: string; suite?: string };
  const { set } = useSearch({ strict: false }) as { set?: string };
  const query = useOperation("checks.suites", { project });
  const declared = useOperation("checks.declared", { project });
  return (
    <Answer query={query} head={suite ?? "Checks"}>
      {({ suites }) => {
        const one = suites.find((candidate) => candidate.suite === suite);
        const plan = declared.data?.suites.find((candidate) => candidate.suite === suite);
        if (suite !== undefined)
          return (
            <>
              <PageHead
                title={suite}
                tags={<span className="tag">suite</span>}
                acts={
                  <>
                    <To href={`/p/${project}/checks`} className="button">
                      All suites
                    </To>
                    <Guarded
                      capability="run"
                      closed={declared.data && !plan ? "capstan.yaml declares no suite of this name" : null}
                      act={() => client.call("checks.runDeclared", { project, suite })}
                    >
                      Run on what it is for
                    </Guarded>
                  </>
                }
              >
                {plan ? `${plan.tests} tests for ${plan.for}${plan.against === null ? "" : `, against ${plan.against}`}.` : ""} Inconclusive
                never counts as a pass.
              </PageHead>
              {one ? (
                <>
                  <SuiteMatrix project={project} suite={one} shown={set ?? one.last.id} linked={false} />
                  <ResultCard key={set ?? one.last.id} project={project} set={set ?? one.last.id} />
                </>
              ) : (
                <Card>
                  <Empty title={`${suite} has not run`} command={`capstan check ${suite}`} />
                </Card>
              )}
            </>
          );
        const never = (declared.data?.suites ?? []).filter((candidate) => !suites.some((ran) => ran.suite === candidate.suite));
        return (
          <>
            <PageHead title="Checks">{sentence(suites)}</PageHead>
            {suites.length === 0 && never.length === 0 && (
              <Card>
                <Empty title="Nothing is checked yet" command="capstan check">
                  Suites stand under checks in capstan.yaml.
                </Empty>
              </Card>
            )}
            <div className="grid halves" style={{ alignItems: "start" }}>
              {suites.map((ran) => (
                <SuiteMatrix key={ran.suite} project={project} suite={ran} shown={null} linked />
              ))}
            </div>
            {never.length > 0 && (
              <Card title="Declared, never run">
                <ul style={{ listStyle: "none", margin: 0, padding: 0 }}>
                  {never.map((candidate) => (
                    <li key={candidate.suite} className="verdict">
                      <VerdictGlyph mark="none" />
                      {candidate.suite}: {candidate.tests} tests for {candidate.for}
                    </li>
                  ))}
                </ul>
              </Card>
            )}
            {worst(suites) && (
              <>
                <h2>Most urgent of the newest results</h2>
                <ResultCard project={project} set={worst(suites)?.last.id ?? ""} />
              </>
            )}
          </>
        );
      }}
    </Answer>
  );
}

const order = ["error", "fail", "inconclusive", "warn", "skipped", "pass"];
const worst = (suites: readonly Suite[]): Suite | undefined =>
  suites.toSorted((a, b) => order.indexOf(a.verdict) - order.indexOf(b.verdict))[0];
function sentence(suites: readonly Suite[]): string {
  const tests = suites.reduce((sum, suite) => sum + suite.tests.length, 0);
  const open = suites.filter((suite) => suite.verdict !== "pass" && suite.verdict !== "warn");
  return suites.length === 0
    ? ""
    : `${tests} tests in ${suites.length} suites. ${open.length === 0 ? "All newest results go forward." : `Not forward: ${open.map((suite) => `${suite.suite} (${suite.verdict})`).join(", ")}.`}`;
}
