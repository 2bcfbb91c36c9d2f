import { IconChartLine, IconColumns2, IconTable } from "@tabler/icons-react";
import { memo, type ReactNode, useCallback } from "react";
import { FilterBox } from "./filter-box.tsx";
import { kinds, type RunsView, type SetView } from "./view.ts";

const groupsOffered = 60;
const attributeGroups = ["status", "kind", "step", "user", "experiment", "dataset"];
const layouts = [
  ["table", "Table", IconTable],
  ["split", "Split", IconColumns2],
  ["charts", "Charts", IconChartLine],
] as const;

type Props = {
  project: string;
  experiment: string | undefined;
  view: RunsView;
  set: SetView;
  /** Names that the newest runs hold, most used first. */ names: readonly string[];
  error: Error | null;
  said: ReactNode;
};

/** Which runs are shown, and how: filter, groups, kinds, nesting, layout. */
export const RunsBar = memo(function RunsBar({ project, experiment, view, set, names, error, said }: Props) {
  const onFilter = useCallback((q: string): void => set({ q }), [set]);
  const layout = view.layout ?? "split";
  return (
    <div className="runs-bar">
      <FilterBox project={project} experiment={experiment} filter={view.q ?? ""} onFilter={onFilter} error={error} said={said} />
      <label className="inline-field">
        <span>Group</span>
        <select className="field" value={view.group ?? ""} onChange={(event) => set({ group: event.target.value }, false)}>
          <option value="">none</option>
          <optgroup label="Attributes">
            {attributeGroups.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </optgroup>
          {(["params", "tags"] as const).map((entity) => (
            <optgroup key={entity} label={entity === "params" ? "Params" : "Tags"}>
              {[
                ...new Set([
                  ...(view.group?.startsWith(`${entity}.`) ? [view.group] : []),
                  ...names.filter((one) => one.startsWith(`${entity}.`)).slice(0, groupsOffered),
                ]),
              ].map((one) => (
                <option key={one} value={one}>
                  {one.slice(entity.length + 1)}
                </option>
              ))}
            </optgroup>
          ))}
        </select>
      </label>
      <label className="inline-field">
        <span>Kind</span>
        <select className="field" value={view.kind ?? ""} onChange={(event) => set({ kind: event.target.value }, false)}>
          {kinds.map(([kind, name]) => (
            <option key={kind} value={kind}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <label className="inline-field">
        <input type="checkbox" checked={view.nest === 1} onChange={(event) => set({ nest: event.target.checked ? 1 : undefined })} />
        <span>Nest</span>
      </label>
      <div className="segments" role="group" aria-label="Layout">
        {layouts.map(([key, name, Icon]) => (
          <button key={key} type="button" title={name} aria-pressed={layout === key} onClick={() => set({ layout: key })}>
            <Icon size={15} stroke={1.75} aria-hidden />
            <span>{name}</span>
          </button>
        ))}
      </div>
    </div>
  );
});
