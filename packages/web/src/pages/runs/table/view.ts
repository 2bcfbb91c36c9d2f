import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";
import { plainQuestion, type RunQuestion } from "../../../data/newest-runs.ts";

/** How the runs are shown: all of it is in the address. */
export type RunsView = {
  q?: string;
  sort?: string;
  cols?: readonly string[];
  group?: string;
  kind?: string;
  state?: "deleted";
  nest?: 1;
  layout?: "table" | "split" | "charts";
  charts?: readonly string[];
  /** Runs that stay on top. */ pin?: readonly string[];
  /** The one of them that differences are against. */ base?: string;
  /** Differences stand in the place of values. */ delta?: 1;
  /** `key:pixels` of columns that were made wider or narrower. */ w?: readonly string[];
};
export type Question = RunQuestion;

export const kinds = [
  ["", "Logged and steps"],
  ["user", "Logged"],
  ["step", "Steps"],
  ["pipeline", "Pipelines"],
  ["check,evaluation,monitor,fault,release", "Other work"],
] as const;

const texts = (value: unknown): readonly string[] | undefined =>
  Array.isArray(value) ? value.filter((one): one is string => typeof one === "string") : typeof value === "string" ? [value] : undefined;

export type SetView = (change: Partial<Record<keyof RunsView, unknown>>, replace?: boolean) => void;

/** The view of the address, and a way to change it. A change replaces, unless it is one to come back from. */
export function useView(): { view: RunsView; set: SetView } {
  const search = useSearch({ strict: false }) as Record<string, unknown>;
  const navigate = useNavigate();
  const view = useMemo((): RunsView => {
    const text = (key: string): string | undefined => (search[key] === undefined ? undefined : String(search[key]));
    const [cols, charts, pin, w] = ["cols", "charts", "pin", "w"].map((key) => texts(search[key]));
    const [q, sort, group, kind, layout, base] = ["q", "sort", "group", "kind", "layout", "base"].map(text);
    return {
      ...(q && { q }),
      ...(sort && { sort }),
      ...(group && { group }),
      ...(kind && { kind }),
      ...(cols && { cols }),
      ...(charts && { charts }),
      ...(pin && { pin }),
      ...(base && { base }),
      ...(w && { w }),
      ...(search["delta"] === 1 && { delta: 1 as const }),
      ...(search["state"] === "deleted" && { state: "deleted" as const }),
      ...(search["nest"] === 1 && { nest: 1 as const }),
      ...((layout === "table" || layout === "split" || layout === "charts") && { layout }),
    };
  }, [search]);
  const set = useCallback(
    (change: Partial<Record<keyof RunsView, unknown>>, replace = true): void =>
      void navigate({
        to: ".",
        search: ((old: Record<string, unknown>) =>
          Object.fromEntries(Object.entries({ ...old, ...change }).filter(([, value]) => value !== "" && value !== undefined))) as never,
        replace,
        resetScroll: false,
      }),
    [navigate],
  );
  return { view, set };
}

/** The question of a view, the same object while it asks the same. */
export function useQuestion(project: string, experiment: string | undefined, { kind, state, nest }: RunsView, filter: string): Question {
  return useMemo(
    () => ({
      ...plainQuestion(project, experiment),
      ...(kind !== undefined && { kind: kind.split(",") }),
      filter,
      state: state ?? "active",
      roots: nest === 1,
    }),
    [project, experiment, kind, state, nest, filter],
  );
}
