import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { client } from "../../../data/api.ts";
import { count } from "../../../parts/format.tsx";
import { Sheet } from "../../../parts/sheet.tsx";
import { chosenIds } from "./bulk.ts";
import type { Selection } from "./selection.ts";
import type { Question } from "./view.ts";

const perCall = 500;
type Props = { project: string; question: Question; selection: Selection; chosen: number; done: () => void };

/** Deletes deleted runs for good; what something rests on stays, and the record keeps that they were there. */
export function EraseSheet({ project, question, selection, chosen, done }: Props) {
  const [typed, setTyped] = useState("");
  const plan = useQuery({
    queryKey: ["run-erase", project, selection.all ? question : [...selection.ids]],
    queryFn: async () => {
      const ids = await chosenIds(selection, question);
      const answer = await client.call("runs.erase", { project, runs: ids.slice(0, perCall), plan: true });
      return { ids, held: answer.held };
    },
    retry: false,
  });
  const word = String(chosen);
  return (
    <Sheet
      capability="admin"
      className="button danger quiet"
      danger
      open="Delete for good"
      title={`Delete ${count(chosen)} ${chosen === 1 ? "run" : "runs"} for good`}
      effect={
        plan.isError
          ? plan.error.message
          : plan.data === undefined
            ? "Asking what rests on them."
            : plan.data.held.length === 0
              ? "Nothing rests on them. Their metrics, params, tags and files go; the record keeps that they were there, and their seals."
              : `${count(plan.data.held.length)} of them stay, because something rests on them: ${plan.data.held
                  .slice(0, 3)
                  .map((one) => one.by)
                  .join(", ")}.`
      }
      waits={plan.data === undefined ? "asking" : typed === word ? null : `Type ${word} to go on`}
      name="Delete for good"
      act={async () => {
        const ids = plan.data?.ids ?? [];
        for (let from = 0; from < ids.length; from += perCall)
          await client.call("runs.erase", { project, runs: ids.slice(from, from + perCall) });
      }}
      done={() => {
        selection.clear();
        done();
      }}
    >
      <label>
        How many runs
        <input className="field" value={typed} onChange={(event) => setTyped(event.target.value)} />
      </label>
    </Sheet>
  );
}
