import { Card } from "../../parts/layout.tsx";
import { type Column, type Row, wrong } from "./infer.ts";

const types: Record<Column["datatype"], string> = {
  BOOL: "true or false",
  INT32: "whole number",
  INT64: "whole number",
  FP32: "number",
  FP64: "number",
  BYTES: "text",
};

/** Share of known rows that lie below a value; null without enough of them. */
function below(rows: readonly Row[], name: string, text: string): number | null {
  const known = rows.map((row) => Number(row[name])).filter((value) => Number.isFinite(value));
  return known.length < 20 ? null : known.filter((value) => value < Number(text)).length / known.length;
}

/** A field per column of the signature, checked as one types and placed among rows that were answered before. */
export function InputCard({
  columns,
  row,
  rows,
  change,
  ask,
  closed,
  pending,
}: {
  columns: readonly Column[];
  row: Row;
  rows: readonly Row[];
  change: (row: Row) => void;
  ask: () => void;
  closed: string | null;
  pending: boolean;
}) {
  const pick = (at: number): void => {
    const found = rows[at];
    if (found) change(found);
  };
  return (
    <Card title="Input" note={`${columns.length} fields`}>
      <form
        style={{ display: "grid", gap: 8 }}
        onSubmit={(event) => {
          event.preventDefault();
          ask();
        }}
      >
        {rows.length > 0 && (
          <div style={{ display: "flex", gap: 8, alignItems: "center", flexWrap: "wrap" }}>
            <span className="muted">From</span>
            <button type="button" className="button" onClick={() => pick(0)}>
              last prediction
            </button>
            <button type="button" className="button" onClick={() => pick(Math.floor(Math.random() * rows.length))}>
              random row
            </button>
          </div>
        )}
        {columns.map((column) => {
          const text = row[column.name] ?? "";
          const bad = wrong(column, text);
          const share = column.datatype === "BYTES" || column.datatype === "BOOL" || bad !== null ? null : below(rows, column.name, text);
          const values = column.datatype === "BYTES" ? [...new Set(rows.map((each) => each[column.name] ?? ""))].sort() : [];
          return (
            <label key={column.name} className="play-field">
              <span>
                <span style={{ fontWeight: 500, overflowWrap: "anywhere" }}>{column.name}</span>
                <span className="muted" style={{ display: "block" }}>
                  {types[column.datatype]}
                </span>
              </span>
              <span>
                <input
                  className="field"
                  value={text}
                  inputMode={column.datatype === "BYTES" || column.datatype === "BOOL" ? "text" : "decimal"}
                  aria-invalid={bad !== null}
                  {...(values.length > 0 && { list: `values-${column.name}` })}
                  onChange={(event) => change({ ...row, [column.name]: event.target.value })}
                />
                {values.length > 0 && (
                  <datalist id={`values-${column.name}`}>
                    {values.map((value) => (
                      <option key={value} value={value} />
                    ))}
                  </datalist>
                )}
                {bad !== null && <span style={{ color: "var(--fail)" }}>takes {bad}</span>}
                {share !== null && (share < 0.05 || share > 0.95) && (
                  <span style={{ color: "var(--warn)" }}>
                    {share > 0.95 ? "above" : "below"} {Math.round((share > 0.95 ? share : 1 - share) * 100)} % of the last {rows.length}{" "}
                    rows
                  </span>
                )}
              </span>
            </label>
          );
        })}
        <div style={{ display: "flex", gap: 10, alignItems: "center", paddingTop: 4 }}>
          <button
            type="submit"
            className="button filled"
            aria-disabled={closed !== null || pending}
            {...(closed !== null && { title: closed })}
          >
            {pending ? "Predicting …" : "Predict"}
          </button>
          <span className="muted" role="status">
            {closed ?? "fits the signature"}
          </span>
        </div>
      </form>
    </Card>
  );
}
