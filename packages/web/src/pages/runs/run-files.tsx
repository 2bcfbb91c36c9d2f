import { useOperation } from "../../data/api.ts";
import { bytes, Digest } from "../../parts/format.tsx";
import { Answer, Card } from "../../parts/layout.tsx";
import type { Detail } from "./run-page.tsx";

export function RunFiles({ project, run }: { project: string; run: Detail }) {
  const query = useOperation("runs.artifacts", { project, run: run.id, deep: "true" });
  return (
    <Card title="Files" note={`${run.artifacts.files}, ${bytes(run.artifacts.sizeBytes)}`} flush>
      <Answer query={query}>{({ files }) => (
        <div className="scroll" tabIndex={0} role="group" aria-label="Table of files"><table>
          <thead><tr><th scope="col">Path</th><th scope="col" className="num">Size</th><th scope="col">Digest</th></tr></thead>
          <tbody>{files.filter((file) => !file.folder).map((file) => <tr key={file.path}><th scope="row"><a href={`/api/v1/p/${project}/runs/${run.id}/files/${file.path.split("/").map(encodeURIComponent).join("/")}`}>{file.path}</a></th><td className="num">{bytes(file.sizeBytes)}</td><td><Digest digest={file.digest} /></td></tr>)}</tbody>
        </table></div>
      )}</Answer>
    </Card>
  );
}

export function RunLog({ project, run }: { project: string; run: Detail }) {
  const query = useOperation("pipeline.log", { project, ref: run.id, tail: 200 });
  return (
    <Card title="Log" note={query.data ? `${query.data.cut ? "last " : ""}${query.data.lines.length} lines` : ""}>
      <Answer query={query}>{({ lines }) => lines.length === 0 ? <p className="second">The step wrote no line.</p> : <pre className="mono" tabIndex={0} role="group" aria-label="Log" style={{ margin: 0, maxHeight: 260, overflow: "auto", whiteSpace: "pre-wrap" }}>{lines.join("\n")}</pre>}</Answer>
    </Card>
  );
}
