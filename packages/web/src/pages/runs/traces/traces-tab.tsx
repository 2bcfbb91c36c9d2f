import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { client } from "../../../data/api.ts";
import { Ago, count, seconds } from "../../../parts/format.tsx";
import { Card, Empty, Failure } from "../../../parts/layout.tsx";
import { num, TableCard } from "../../../parts/table-card.tsx";
import { VerdictGlyph } from "../../../parts/verdict.tsx";
import { textOf } from "./span-tree.ts";
import { TraceCard } from "./trace-card.tsx";
import "./traces.css";

const pageTraces = 100;
export const markOfState = { OK: "pass", ERROR: "error", IN_PROGRESS: "running", STATE_UNSPECIFIED: "skipped" } as const;

/** Traces of a run, newest first; one of them with its spans. */
export function TracesTab({ project, run }: { project: string; run: string }) {
  const { trace } = useSearch({ strict: false }) as { trace?: unknown };
  const navigate = useNavigate();
  const found = useInfiniteQuery({
    queryKey: ["traces.list", { project, run }],
    queryFn: ({ pageParam, signal }) =>
      client.call("traces.list", { project, run, limit: pageTraces, ...(pageParam !== null && { cursor: pageParam }) }, { signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.cursor,
    staleTime: 2_000,
  });
  const all = found.data?.pages.flatMap((page) => page.traces) ?? [];
  const chosen = typeof trace === "string" ? trace : all[0]?.id;
  const choose = (id: string): void =>
    void navigate({
      to: ".",
      search: ((old: Record<string, unknown>) => ({ ...old, trace: id })) as never,
      replace: true,
      resetScroll: false,
    });
  if (found.isError) return <Failure error={found.error} retry={() => void found.refetch()} />;
  if (!found.data) return <div className="skeleton" role="status" aria-busy="true" aria-label="loading" />;
  if (all.length === 0)
    return (
      <Card>
        <Empty title="No trace" command="mlflow.trace">
          Traces that are made within this run, or linked to it, stand here.
        </Empty>
      </Card>
    );
  return (
    <div className="traces">
      <TableCard
        title="Traces"
        note={`${count(all.length)}${found.hasNextPage ? " of more" : ""}`}
        head={["Trace", "Request", num("Took"), num("Said"), num("Began")]}
        foot={
          found.hasNextPage && (
            <tfoot>
              <tr>
                <td colSpan={5}>
                  <button type="button" className="text-button" aria-disabled={found.isFetching} onClick={() => void found.fetchNextPage()}>
                    Earlier ones
                  </button>
                </td>
              </tr>
            </tfoot>
          )
        }
      >
        {all.map((one) => (
          <tr key={one.id} className={one.id === chosen ? "chosen" : undefined}>
            <td>
              <span className="verdict">
                <VerdictGlyph mark={markOfState[one.state]} />
                <button type="button" className="text-button" aria-pressed={one.id === chosen} onClick={() => choose(one.id)}>
                  {one.name ?? one.id.slice(0, 14)}
                </button>
              </span>
            </td>
            <td className="clip second">{one.request === null ? "" : textOf(one.request)}</td>
            <td className="num">{seconds(one.seconds)}</td>
            <td className="num">{one.assessments.length === 0 ? <span className="muted">·</span> : one.assessments.length}</td>
            <td className="num muted">
              <Ago time={one.started} />
            </td>
          </tr>
        ))}
      </TableCard>
      {chosen !== undefined && <TraceCard project={project} id={chosen} />}
    </div>
  );
}
