import { IconArrowDown, IconArrowUp, IconColumns, IconX } from "@tabler/icons-react";
import { useDeferredValue, useState } from "react";
import { useOperation } from "../../../data/api.ts";
import { Failure } from "../../../parts/layout.tsx";
import { attributeKeys, type ColumnActs, moved, type Named, type TableColumn, widthLimits } from "./columns.ts";
import { Popover } from "./popover.tsx";
import { stepOf, withoutStatistic } from "./statistic.ts";

const foundAtMost = 60;

type Props = {
  project: string;
  experiment: string | undefined;
  columns: readonly TableColumn[];
  acts: ColumnActs;
};

/** Which columns, in which order; names are searched on the server, however many there are. */
export const ColumnPicker = (props: Props) => (
  <Popover
    keyName="e"
    wide
    title="Columns"
    label={
      <>
        <IconColumns size={15} stroke={1.75} aria-hidden /> Columns {props.columns.length}
      </>
    }
  >
    {() => <Picker {...props} />}
  </Popover>
);

function Picker({ project, experiment, columns, acts }: Props) {
  const [text, setText] = useState("");
  const q = useDeferredValue(text.trim());
  const found = useOperation("runs.names", { project, ...(experiment !== undefined && { experiment }), q, limit: foundAtMost });
  const keys = columns.map((one) => one.key);
  const has = (all: readonly string[], key: string): boolean => all.some((one) => withoutStatistic(one) === key);
  const toggle = (key: string): void =>
    acts.choose((now) => (has(now, key) ? now.filter((one) => withoutStatistic(one) !== key) : [...now, key]));
  const shownAs = (key: string, statistic: string): void => {
    const other = statistic === "last" ? withoutStatistic(key) : `${withoutStatistic(key)}@${statistic}`;
    acts.choose((now) => now.map((one) => (one === key ? other : one)));
  };
  const move = (key: string, by: number): void => acts.choose((now) => moved(now, key, by));
  const names: Pick<Named, "key" | "runs">[] = [
    ...(found.data?.names ?? []),
    ...attributeKeys.filter((one) => one.includes(q.toLowerCase())).map((key) => ({ key, runs: found.data?.sampled ?? 0 })),
  ];
  return (
    <div className="picker">
      <div>
        <h3>Shown, in this order</h3>
        <ol className="picked">
          {columns.map((column, i) => (
            // Another value of the same metric leaves the focus where it is.
            <li
              key={
                keys.filter((one) => withoutStatistic(one) === withoutStatistic(column.key)).length > 1
                  ? column.key
                  : withoutStatistic(column.key)
              }
            >
              <span className="clip" title={column.key}>
                {column.name}
              </span>
              {column.key.startsWith("metrics.") && (
                <select
                  className="field small"
                  aria-label={`Value of ${column.name}`}
                  value={stepOf(column.note) === undefined ? column.note || "last" : "step"}
                  onChange={(event) => shownAs(column.key, event.target.value === "step" ? "step(0)" : event.target.value)}
                >
                  <option>last</option>
                  <option>min</option>
                  <option>max</option>
                  <option>step</option>
                </select>
              )}
              {stepOf(column.note) !== undefined && (
                <input
                  type="number"
                  className="field small pixels"
                  aria-label={`Step of ${column.name}`}
                  title="Step whose value is shown"
                  step={1}
                  value={stepOf(column.note)}
                  onChange={(event) =>
                    Number.isSafeInteger(event.target.valueAsNumber) && shownAs(column.key, `step(${event.target.valueAsNumber})`)
                  }
                />
              )}
              <input
                type="number"
                className="field small pixels"
                aria-label={`Width of ${column.name} in pixels`}
                title="Width in pixels"
                min={widthLimits.least}
                max={widthLimits.most}
                step={8}
                value={column.width}
                onChange={({ target: { value } }) => acts.widen(column.key, () => (value === "" ? undefined : Number(value)))}
              />
              <button
                type="button"
                className="icon-button small"
                aria-label={`Move ${column.name} up`}
                aria-disabled={i === 0}
                onClick={() => move(column.key, -1)}
              >
                <IconArrowUp size={13} stroke={1.75} />
              </button>
              <button
                type="button"
                className="icon-button small"
                aria-label={`Move ${column.name} down`}
                aria-disabled={i === columns.length - 1}
                onClick={() => move(column.key, 1)}
              >
                <IconArrowDown size={13} stroke={1.75} />
              </button>
              <button
                type="button"
                className="icon-button small"
                aria-label={`Hide ${column.name}`}
                onClick={() => toggle(withoutStatistic(column.key))}
              >
                <IconX size={13} stroke={1.75} />
              </button>
            </li>
          ))}
        </ol>
        <button type="button" className="text-button" onClick={() => acts.choose(() => undefined)}>
          The usual columns
        </button>
      </div>
      <div>
        <label>
          <h3>Add</h3>
          <input className="field" placeholder="part of a name" value={text} onChange={(event) => setText(event.target.value)} />
        </label>
        {found.isError && <Failure error={found.error} />}
        <ul className="found" aria-label="Names that can be shown">
          {names.map((one) => (
            <li key={one.key}>
              <label>
                <input type="checkbox" checked={has(keys, one.key)} onChange={() => toggle(one.key)} />
                <span className="clip mono" title={one.key}>
                  {one.key}
                </span>
                <span className="muted">{one.runs}</span>
              </label>
            </li>
          ))}
        </ul>
        <p className="muted" role="status">
          {found.data === undefined
            ? "asking for names"
            : names.length === 0
              ? "No name holds this."
              : `${names.length}${found.data.names.length === foundAtMost ? " of more: type a part of the name" : ""}; counts are of the newest ${found.data.sampled} runs`}
        </p>
      </div>
    </div>
  );
}
