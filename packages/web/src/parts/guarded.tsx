import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { type ReactNode, useId } from "react";
import { type Output, useOperation } from "../data/api.ts";
import { Failure } from "./layout.tsx";

type Capability = Output<"insights.frame">["caller"]["capabilities"][number];

/** Why this caller may not do it; null when it may. Undefined capabilities (not answered yet) count as closed. */
export function useClosed(capability: Capability): string | null {
  const { project } = useParams({ strict: false }) as { project?: string };
  const frame = useOperation("insights.frame", project === undefined ? {} : { project });
  if (!frame.data) return "asking what you may do";
  const { caller } = frame.data;
  return caller.capabilities.includes(capability) ? null : (caller.closed ?? `needs the capability ${capability}`);
}

/** A button that changes something: closed, it stays visible and reachable and says why. */
export function Guarded({
  capability,
  closed = null,
  act,
  className = "button",
  children,
}: {
  capability: Capability;
  /** A reason of the thing itself, before that of the caller. */ closed?: string | null;
  act: () => Promise<unknown>;
  className?: string;
  children: ReactNode;
}) {
  const id = useId();
  const queries = useQueryClient();
  const mine = useClosed(capability);
  const why = closed ?? mine;
  const doing = useMutation({ mutationFn: act, onSuccess: () => queries.invalidateQueries() });
  return (
    <span style={{ display: "inline-grid", gap: 6 }}>
      <button
        type="button"
        className={className}
        aria-disabled={why !== null || doing.isPending}
        {...(why !== null && { title: why, "aria-describedby": id })}
        onClick={() => {
          if (why === null && !doing.isPending) doing.mutate();
        }}
      >
        {children}
      </button>
      {why !== null && (
        <span id={id} className="visually-hidden">
          {why}
        </span>
      )}
      {doing.isError && <Failure error={doing.error} />}
    </span>
  );
}
