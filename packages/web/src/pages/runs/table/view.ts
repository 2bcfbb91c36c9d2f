import { useCallback, useMemo } from "react";
import { type Search, useAddress } from "../../../data/address.ts";
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

type ViewChange = Partial<Record<keyof RunsView, unknown>>;
/** What is decided on the view is a function of the one that stands by then. */
export type SetView = (change: ViewChange | ((now: RunsView) => ViewChange), replace?: boolean) => void;

function viewOf(search: Search): RunsView {
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
}

/** The view of the address, and a way to change it. */
export function useView(): { view: RunsView; set: SetView } {
  const { search, set: setSearch } = useAddress();
  const view = useMemo(() => viewOf(search), [search]);
  const set = useCallback<SetView>(
    (change, replace) => setSearch(typeof change === "function" ? (now) => change(viewOf(now)) : change, replace),
    [setSearch],
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
