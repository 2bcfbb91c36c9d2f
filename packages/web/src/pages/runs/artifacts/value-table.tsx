import { number } from "../../../parts/format.tsx";

type Value = string | number | boolean | null;
const isNumber = (type: string): boolean => /INT|DOUBLE|FLOAT|DECIMAL|REAL|number/i.test(type);

/** Rows as they are; with `by`, a column's head sorts. */
export const ValueTable = ({
  label,
  columns,
  rows,
  sort,
  by,
}: {
  label: string;
  columns: readonly { name: string; type: string }[];
  rows: readonly (readonly Value[])[];
  sort?: string | undefined;
  by?: (name: string) => void;
}) => (
  <div className="scroll values" tabIndex={0} role="group" aria-label={label}>
    <table>
      <thead>
        <tr>
          {columns.map(({ name, type }) => (
            <th
              key={name}
              scope="col"
              className={isNumber(type) ? "num" : undefined}
              {...(by && { "aria-sort": sort === name ? "ascending" : sort === `-${name}` ? "descending" : "none" })}
            >
              {by ? (
                <button type="button" className="head-button" title={`${type.toLowerCase()}, sort by it`} onClick={() => by(name)}>
                  {name}
                  <span aria-hidden>{sort === name ? " ↑" : sort === `-${name}` ? " ↓" : ""}</span>
                </button>
              ) : (
                name
              )}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row, i) => (
          <tr key={i}>
            {row.map((value, at) => (
              <td key={columns[at]?.name ?? at} className={isNumber(columns[at]?.type ?? "") ? "num" : undefined}>
                {value === null ? <span className="muted">null</span> : typeof value === "number" ? number(value) : String(value)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  </div>
);
