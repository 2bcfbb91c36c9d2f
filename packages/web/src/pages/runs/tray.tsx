import { useNavigate } from "@tanstack/react-router";
import { IconX } from "@tabler/icons-react";
import { useEffect } from "react";
import { colorOf } from "./columns.ts";
import type { Run } from "./filter.ts";

const most = 20;

/** What is selected, and what can be done with it; C compares. */
export function Tray({
  project,
  runs,
  drawn,
  clear,
  remove,
}: {
  project: string;
  runs: readonly Run[];
  drawn: readonly string[];
  clear: () => void;
  remove: (id: string) => void;
}) {
  const navigate = useNavigate();
  const closed =
    runs.length < 2 ? "Select a second run to compare." : runs.length > most ? `At most ${most} runs are compared side by side.` : null;
  const compare = (): void => {
    if (closed === null)
      void navigate({ to: `/p/${project}/compare` as never, search: { runs: runs.map((run) => run.id).join(",") } as never });
  };
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const target = event.target as HTMLElement;
      if (
        event.key === "c" &&
        !event.metaKey &&
        !event.ctrlKey &&
        !(target.tagName === "INPUT" && (target as HTMLInputElement).type !== "checkbox") &&
        !target.closest("dialog")
      )
        compare();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  });
  return (
    <section className="tray" aria-label="Selected runs">
      <strong>{runs.length} selected</strong>
      {runs.slice(0, 4).map((run) => (
        <span key={run.id} className="chip">
          <i style={{ background: colorOf(run.id, drawn) ?? "var(--line-strong)" }} aria-hidden />
          {run.name}
          <button type="button" aria-label={`Leave ${run.name} out`} onClick={() => remove(run.id)}>
            <IconX size={13} stroke={1.75} />
          </button>
        </span>
      ))}
      {runs.length > 4 && <span className="muted">and {runs.length - 4} more</span>}
      <button
        type="button"
        className={closed === null ? "button filled" : "button"}
        aria-disabled={closed !== null}
        {...(closed !== null && { title: closed })}
        onClick={compare}
      >
        Compare <kbd aria-hidden>C</kbd>
      </button>
      <button type="button" className="icon-button" aria-label="Select none" onClick={clear}>
        <IconX size={16} stroke={1.75} />
      </button>
    </section>
  );
}
