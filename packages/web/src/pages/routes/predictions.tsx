import { useState } from "react";
import { useOperation } from "../../data/api.ts";
import { Ago, count, number, To } from "../../parts/format.tsx";
import { Answer, Card, Empty } from "../../parts/layout.tsx";

const shown = (value: unknown): string => (typeof value === "number" ? number(value) : String(value));

/** What was answered to whom by which version, newest first, and the truth where it came. */
export function Predictions({ project, route, model }: { project: string; route: string; model: string }) {
  const [key, setKey] = useState("");
  const query = useOperation("predictions.list", { project, route, limit: 20, ...(key !== "" && { key }) });
  return (
    <Card
      title="Predictions"
      note={query.data && `${count(query.data.predictions.length)} of ${count(query.data.rows)} rows, newest first`}
      right={
        <label>
          <span className="visually-hidden">Key of a prediction</span>
          <input
            className="field"
            style={{ height: 28, width: 160 }}
            data-filter
            placeholder="Key"
            onKeyDown={(event) => {
              if (event.key === "Enter") setKey(event.currentTarget.value.trim());
            }}
            onBlur={(event) => setKey(event.currentTarget.value.trim())}
          />
        </label>
      }
      flush
    >
      <Answer query={query}>
        {({ predictions }) =>
          predictions.length === 0 ? (
            <Empty title={key === "" ? "No prediction yet" : `No prediction with key ${key}`} />
          ) : (
            <div className="scroll" tabIndex={0} role="group" aria-label="Predictions" style={{ maxHeight: 420, overflowY: "auto" }}>
              <table>
                <thead>
                  <tr>
                    <th>Key</th>
                    <th>Seen, UTC</th>
                    <th>Version</th>
                    <th>Use</th>
                    {Object.keys(predictions[0]?.outputs ?? {}).map((name) => (
                      <th key={name} className="num">
                        {name}
                      </th>
                    ))}
                    <th className="num">Truth</th>
                    {Object.keys(predictions[0]?.features ?? {}).map((name) => (
                      <th key={name} className="num">
                        {name}
                      </th>
                    ))}
                    <th className="num">Logged</th>
                  </tr>
                </thead>
                <tbody>
                  {predictions.map((one) => (
                    <tr key={one.id}>
                      <td className="mono">{one.key ?? "–"}</td>
                      <td className="mono second" style={{ whiteSpace: "nowrap" }}>
                        {one.observedAt.slice(0, 16).replace("T", " ")}
                      </td>
                      <td style={{ whiteSpace: "nowrap" }}>
                        <To href={`/p/${project}/models/${model}/${one.version}`}>{one.version}</To>{" "}
                        <span className="muted">{one.arm}</span>
                      </td>
                      <td>{one.use ?? "–"}</td>
                      {Object.entries(one.outputs).map(([name, value]) => (
                        <td key={name} className="num" style={{ fontWeight: 600 }}>
                          {shown(value)}
                        </td>
                      ))}
                      <td className="num">{one.label === null ? <span className="muted">–</span> : number(one.label.value)}</td>
                      {Object.entries(one.features).map(([name, value]) => (
                        <td key={name} className="num">
                          {shown(value)}
                        </td>
                      ))}
                      <td className="num">
                        <Ago time={one.receivedAt} />
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          )
        }
      </Answer>
    </Card>
  );
}
