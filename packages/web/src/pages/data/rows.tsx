import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { client } from "../../data/api.ts";
import { count } from "../../parts/format.tsx";
import { Answer, Card } from "../../parts/layout.tsx";

const page = 50;
export function Rows({ project, dataset, version }: { project: string; dataset: string; version: string }) {
  const [offset, setOffset] = useState(0);
  const input = { project, dataset, version, offset, limit: page };
  const query = useQuery({
    queryKey: ["data.rows", input],
    queryFn: ({ signal }) => client.call("data.rows", input, { signal }),
    placeholderData: keepPreviousData,
  });
  return (
    <Answer query={query}>
      {({ columns, rows, total }) => (
        <Card
          title="Rows"
          note={`${count(offset + 1)} to ${count(Math.min(total, offset + page))} of ${count(total)}, in file order`}
          right={
            <span style={{ display: "flex", gap: 8 }}>
              <button type="button" className="button" disabled={offset === 0} onClick={() => setOffset(Math.max(0, offset - page))}>
                Before
              </button>
              <button type="button" className="button" disabled={offset + page >= total} onClick={() => setOffset(offset + page)}>
                After
              </button>
            </span>
          }
          flush
        >
          <div className="scroll" style={{ maxHeight: 560, overflowY: "auto" }} tabIndex={0} role="group" aria-label="Table of rows">
            <table>
              <thead>
                <tr>
                  <th scope="col" className="num">
                    #
                  </th>
                  {columns.map((column) => (
                    <th key={column.name} scope="col" className={column.kind === "number" || column.kind === "integer" ? "num" : ""}>
                      {column.name} <span className="muted">{column.type}</span>
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {rows.map((row, i) => (
                  <tr key={offset + i}>
                    <td className="num muted">{count(offset + i + 1)}</td>
                    {row.map((value, at) => (
                      <td key={columns[at]?.name} className={typeof value === "number" ? "num" : ""}>
                        {value === null ? <span className="muted">null</span> : String(value)}
                      </td>
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </Card>
      )}
    </Answer>
  );
}
