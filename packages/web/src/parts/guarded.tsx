import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { type ReactNode, useId, useState } from "react";
import { type Output, useOperation } from "../data/api.ts";
import { Failure } from "./layout.tsx";

export type Capability = Output<"insights.frame">["caller"]["capabilities"][number];

const asking = "asking what you may do";
/** Whether a press is refused here. Before it is known what the caller may do, it is sent: the server decides then, and nothing that was pressed is lost. */
export const refuses = (closed: string | null): closed is string => closed !== null && closed !== asking;

/** Why this caller may not do it; null when it may. Capabilities that are not answered yet are said, too. */
export function useClosed(capability: Capability): string | null {
  const { project } = useParams({ strict: false }) as { project?: string };
  const frame = useOperation("insights.frame", project === undefined ? {} : { project });
  if (!frame.data) return asking;
  const { caller } = frame.data;
  return caller.capabilities.includes(capability) ? null : (caller.closed ?? `needs the capability ${capability}`);
}

/** A button that changes something: closed, it stays visible and reachable and says why, also when pressed. */
export function Guarded<T>({
  capability,
  closed = null,
  act,
  said,
  className = "button",
  start = false,
  children,
}: {
  capability: Capability;
  /** A reason of the thing itself, before that of the caller. */ closed?: string | null;
  act: () => Promise<T>;
  /** What is said once it is done, with the way from there. */ said?: (done: T) => ReactNode;
  className?: string;
  /** What it says begins at its left edge instead of ending at its right one. */ start?: boolean;
  children: ReactNode;
}) {
  const id = useId();
  const queries = useQueryClient();
  const mine = useClosed(capability);
  const [asked, setAsked] = useState(false);
  const why = closed ?? mine;
  const doing = useMutation({ mutationFn: act, onSuccess: () => queries.invalidateQueries() });
  const shut = (): void => {
    setAsked(false);
    doing.reset();
  };
  return (
    <span
      className={start ? "guarded start" : "guarded"}
      onKeyDown={(event) => {
        if (event.key === "Escape") shut();
      }}
      onBlur={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget) && !doing.isPending) shut();
      }}
    >
      <button
        type="button"
        className={className}
        aria-disabled={why !== null || doing.isPending}
        {...(why !== null && { title: why, "aria-describedby": id })}
        onClick={() => {
          if (refuses(why)) setAsked(true);
          else if (!doing.isPending) doing.mutate();
        }}
      >
        {children}
      </button>
      {why !== null && !doing.isSuccess && (
        <span id={id} className={asked ? "said" : "visually-hidden"}>
          {why}
        </span>
      )}
      {doing.isError && (
        <span className="said">
          <Failure error={doing.error} />
        </span>
      )}
      {doing.isSuccess && said && (
        <span className="said" role="status">
          {said(doing.data)}{" "}
          <button type="button" className="text-button" onClick={shut}>
            Close
          </button>
        </span>
      )}
    </span>
  );
}
