import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { IconArrowBackUp, IconTag, IconTrash, IconX } from "@tabler/icons-react";
import { useEffect, useLayoutEffect, useRef, useState } from "react";
import { count } from "../../../parts/format.tsx";
import { useOperation } from "../../../data/api.ts";
import { refuses, useClosed } from "../../../parts/guarded.tsx";
import { Failure } from "../../../parts/layout.tsx";
import { isPageKey } from "../../../parts/own-key.ts";
import { change, chosenIds, moveAll, tagAll } from "./bulk.ts";
import { colorOf } from "./columns.ts";
import { EraseSheet } from "./erase-sheet.tsx";
import { focusTable } from "./focus.ts";
import type { Row } from "./rows.ts";
import type { Selection } from "./selection.ts";
import type { Undo } from "./undo.tsx";
import type { Question } from "./view.ts";

const comparedAtMost = 20;
const chipsAtMost = 4;

type Props = {
  project: string;
  question: Question;
  total: number;
  selection: Selection;
  known: ReadonlyMap<string, Row>;
  drawn: readonly string[];
  say: (undo: Undo) => void;
};

/** What is chosen, and what can be done with it. */
export function Tray({ project, question, total, selection, known, drawn, say }: Props) {
  const box = useRef<HTMLElement>(null);
  const navigate = useNavigate();
  const queries = useQueryClient();
  const closedLog = useClosed("log");
  const [tagging, setTagging] = useState(false);
  const [text, setText] = useState("");
  const [done, setDone] = useState<number>();
  const chosen = selection.all ? total : selection.count;
  const deleted = question.state === "deleted";
  const closedCompare =
    chosen < 2
      ? "Select a second run to compare."
      : chosen > comparedAtMost
        ? `At most ${comparedAtMost} runs are compared side by side; group them instead.`
        : null;
  const finished = (): void => {
    setDone(undefined);
    setTagging(false);
    setText("");
    void queries.invalidateQueries();
  };
  const move = useMutation({
    mutationFn: async () => {
      const ids = await chosenIds(selection, question);
      const [act, back] = deleted ? (["runs.restore", "runs.delete"] as const) : (["runs.delete", "runs.restore"] as const);
      const { runs, kept } = await change(project, act, ids, setDone);
      say({
        said: `${count(runs.length)} ${runs.length === 1 ? "run" : "runs"} ${deleted ? "restored" : "deleted"}${kept > 0 ? `; ${kept} belong to a pipeline and stay` : ""}`,
        ...(runs.length > 0 && { undo: () => change(project, back, runs) }),
      });
      selection.clear();
    },
    onSettled: finished,
  });
  const [name = "", ...rest] = text.split("=");
  const value = rest.join("=").trim();
  const tag = useMutation({
    mutationFn: async () => {
      const ids = await chosenIds(selection, question);
      const undo = await tagAll(project, question, ids, name.trim(), value, setDone);
      say({ said: `${name.trim()} is ${value} on ${count(ids.length)} ${ids.length === 1 ? "run" : "runs"}`, undo });
    },
    onSettled: finished,
  });
  const shift = useMutation({
    mutationFn: async (to: { id: string; name: string }) => {
      const ids = await chosenIds(selection, question);
      const undo = await moveAll(project, question, ids, to.id, setDone);
      say({ said: `${count(ids.length)} ${ids.length === 1 ? "run is" : "runs are"} in ${to.name} now`, undo });
      selection.clear();
    },
    onSettled: finished,
  });
  const compare = async (): Promise<void> => {
    if (closedCompare !== null) return;
    const runs = (await chosenIds(selection, question)).join(",");
    void navigate({ to: `/p/${project}/compare` as never, search: { runs } as never });
  };
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.key === "c" && isPageKey(event) && !(event.target as HTMLElement).closest(".popover")) void compare();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  });
  useLayoutEffect(() => {
    const { current } = box;
    return () => focusTable(current);
  }, []);
  const experiments = useOperation("experiments.list", { project, limit: 1000 }, { enabled: !deleted });
  const busy = move.isPending || tag.isPending || shift.isPending;
  const ids = [...selection.ids].slice(0, chipsAtMost);
  return (
    <section ref={box} className="tray" aria-label="Selected runs">
      <strong>{selection.all ? `all ${count(total)} that match` : `${count(chosen)} selected`}</strong>
      {ids.map((id) => (
        <span key={id} className="chip">
          <i style={{ background: colorOf(id, drawn) ?? "var(--line-strong)" }} aria-hidden />
          {known.get(id)?.name ?? id.slice(0, 8)}
          <button type="button" aria-label={`Leave ${known.get(id)?.name ?? id.slice(0, 8)} out`} onClick={() => selection.toggle(id)}>
            <IconX size={13} stroke={1.75} />
          </button>
        </span>
      ))}
      {!selection.all && chosen > chipsAtMost && <span className="muted">and {count(chosen - chipsAtMost)} more</span>}
      <button
        type="button"
        className={closedCompare === null ? "button filled" : "button"}
        aria-disabled={closedCompare !== null}
        {...(closedCompare !== null && { title: closedCompare })}
        onClick={() => void compare()}
      >
        Compare <kbd aria-hidden>C</kbd>
      </button>
      {tagging ? (
        <form
          className="save-form"
          onSubmit={(event) => {
            event.preventDefault();
            if (name.trim() !== "" && value !== "" && !busy) tag.mutate();
          }}
        >
          <input
            className="field"
            aria-label="A tag for all of them, as name=value"
            placeholder="name=value"
            ref={(field) => field?.focus()}
            value={text}
            onChange={(event) => setText(event.target.value)}
            onKeyDown={(event) => {
              if (event.key === "Escape") setTagging(false);
            }}
          />
          <button type="submit" className="button" aria-disabled={name.trim() === "" || value === "" || busy}>
            Set tag
          </button>
        </form>
      ) : (
        <button
          type="button"
          className="button"
          aria-disabled={closedLog !== null || busy}
          {...(closedLog !== null && { title: closedLog })}
          onClick={() => !refuses(closedLog) && !busy && setTagging(true)}
        >
          <IconTag size={15} stroke={1.75} aria-hidden /> Tag
        </button>
      )}
      {!deleted && !refuses(closedLog) && (
        <label>
          <span className="visually-hidden">Move to an experiment</span>
          <select
            className="field"
            value=""
            disabled={busy}
            onChange={(event) => {
              const to = experiments.data?.experiments.find((one) => one.id === event.target.value);
              if (to && !busy) shift.mutate(to);
            }}
          >
            <option value="">Move to</option>
            {(experiments.data?.experiments ?? [])
              .filter((one) => one.id !== question.experiment)
              .map((one) => (
                <option key={one.id} value={one.id}>
                  {one.name}
                </option>
              ))}
          </select>
        </label>
      )}
      <button
        type="button"
        className="button"
        aria-disabled={closedLog !== null || busy}
        {...(closedLog !== null && { title: closedLog })}
        onClick={() => !refuses(closedLog) && !busy && move.mutate()}
      >
        {deleted ? <IconArrowBackUp size={15} stroke={1.75} aria-hidden /> : <IconTrash size={15} stroke={1.75} aria-hidden />}
        {deleted ? "Restore" : "Delete"}
      </button>
      {busy && (
        <span className="muted" role="status">
          {count(done ?? 0)} of {count(chosen)}
        </span>
      )}
      {(move.isError || tag.isError || shift.isError) && <Failure error={move.error ?? tag.error ?? shift.error ?? new Error("")} />}
      {deleted && <EraseSheet project={project} question={question} selection={selection} chosen={chosen} done={finished} />}
      <button type="button" className="icon-button" aria-label="Select none" onClick={selection.clear}>
        <IconX size={16} stroke={1.75} />
      </button>
    </section>
  );
}
