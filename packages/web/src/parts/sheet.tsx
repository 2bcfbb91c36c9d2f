import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useEffect, useId, useRef, useState } from "react";
import { type Capability, refuses, useClosed } from "./guarded.tsx";
import { Failure } from "./layout.tsx";

/** What goes forward or cannot be undone: a dialog that states the effect before one button named after it. */
export function Sheet<T>({
  capability,
  closed = null,
  open,
  className = "button",
  title,
  effect,
  act,
  name,
  danger = false,
  waits = null,
  done,
  children,
}: {
  capability: Capability;
  closed?: string | null;
  /** The button that opens it. */ open: ReactNode;
  className?: string;
  title: ReactNode;
  effect: ReactNode;
  act: () => Promise<T>;
  /** The button that does it. */ name: ReactNode;
  danger?: boolean;
  /** What is still missing in the form. */ waits?: string | null;
  /** Told after the server has acknowledged it. */ done?: (value: T) => void;
  children?: ReactNode;
}) {
  const id = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  const queries = useQueryClient();
  const [shown, setShown] = useState(false);
  const [asked, setAsked] = useState(false);
  const mine = useClosed(capability);
  const why = closed ?? mine;
  const doing = useMutation({
    mutationFn: act,
    onSuccess: (value) => {
      setShown(false);
      done?.(value);
      return queries.invalidateQueries();
    },
  });
  useEffect(() => {
    if (shown) dialog.current?.showModal();
    else dialog.current?.close();
  }, [shown]);
  return (
    <span className="guarded" onBlur={() => setAsked(false)}>
      <button
        type="button"
        className={className}
        aria-disabled={why !== null}
        aria-haspopup="dialog"
        {...(why !== null && { title: why, "aria-describedby": id })}
        onClick={() => {
          doing.reset();
          if (refuses(why)) setAsked(true);
          else setShown(true);
        }}
      >
        {open}
      </button>
      {why !== null && (
        <span id={id} className={asked ? "said" : "visually-hidden"}>
          {why}
        </span>
      )}
      <dialog ref={dialog} className="sheet" aria-labelledby={`${id}-title`} onClose={() => setShown(false)}>
        {shown && (
          <>
            <h2 id={`${id}-title`}>{title}</h2>
            <div className="second">{effect}</div>
            <form
              onSubmit={(event) => {
                event.preventDefault();
                if (waits === null && !doing.isPending) doing.mutate();
              }}
            >
              {children}
              {doing.isError && <Failure error={doing.error} />}
              <div className="foot">
                {waits !== null && (
                  <span className="muted" style={{ marginRight: "auto" }}>
                    {waits}
                  </span>
                )}
                <button type="button" className="button" onClick={() => setShown(false)}>
                  Cancel
                </button>
                <button
                  type="submit"
                  className={danger ? "button danger" : "button filled"}
                  aria-disabled={waits !== null || doing.isPending}
                  {...(waits !== null && { title: waits })}
                >
                  {name}
                </button>
              </div>
            </form>
          </>
        )}
      </dialog>
    </span>
  );
}
