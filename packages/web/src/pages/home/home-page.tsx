import { Link, useParams, useSearch } from "@tanstack/react-router";
import { IconRotateClockwise2, IconTable } from "@tabler/icons-react";
import { type Output, useOperation } from "../../data/api.ts";
import { Answer, PageHead } from "../../parts/layout.tsx";
import { AttentionCard } from "./attention-card.tsx";
import { Board } from "./board.tsx";
import { DeliveryCard } from "./delivery-card.tsx";
import { DemoCard } from "./demo-card.tsx";
import { FirstStart } from "./first-start.tsx";
import { LoopTable } from "./loop-table.tsx";
import "./home.css";

type Loop = Output<"insights.loop">;

/** For every model: where it stands, and what needs someone. */
export function HomePage() {
  const { project } = useParams({ strict: false }) as { project?: string };
  const one = useOperation("insights.loop", { project: project ?? "" }, { enabled: project !== undefined });
  const all = useOperation("insights.loopAll", {}, { enabled: project === undefined });
  const query = project === undefined ? all : one;
  if (query.data === undefined)
    return (
      <>
        <PageHead title="The loop" />
        <Answer query={query}>{() => null}</Answer>
      </>
    );
  return (
    <Answer query={query}>
      {(loop) => (loop.models.length === 0 ? <FirstStart project={project} demo={loop.demo} /> : <TheLoop loop={loop} />)}
    </Answer>
  );
}

function TheLoop({ loop }: { loop: Loop }) {
  const { as } = useSearch({ strict: false }) as { as?: string };
  const projects = new Set(loop.models.map((model) => model.project)).size;
  const models =
    loop.models.length === 1 ? "1 model" : `${loop.models.length} models in ${projects === 1 ? "1 project" : `${projects} projects`}`;
  const needs =
    loop.attentionTotal === 0
      ? "Nothing needs someone."
      : loop.attentionTotal === 1
        ? "1 thing needs someone."
        : `${loop.attentionTotal} things need someone.`;
  const table = as === "table";
  const choice = (
    <div className="segments" role="group" aria-label="Shown as">
      <Link to="." search={(({ as: _, ...rest }: Record<string, unknown>) => rest) as never} replace className={table ? "" : "chosen"}>
        <IconRotateClockwise2 size={15} stroke={1.75} aria-hidden />
        Loop
      </Link>
      <Link
        to="."
        search={((rest: Record<string, unknown>) => ({ ...rest, as: "table" })) as never}
        replace
        className={table ? "chosen" : ""}
      >
        <IconTable size={15} stroke={1.75} aria-hidden />
        Table
      </Link>
    </div>
  );
  return (
    <>
      <PageHead title="The loop" acts={choice}>
        {models}. {needs}
      </PageHead>
      {table ? <LoopTable models={loop.models} /> : <Board models={loop.models} />}
      <div className="grid two">
        <AttentionCard attention={loop.attention} total={loop.attentionTotal} />
        <DeliveryCard delivery={loop.delivery} days={loop.deliveryDays} />
      </div>
      {loop.demo && <DemoCard demo={loop.demo} />}
    </>
  );
}
