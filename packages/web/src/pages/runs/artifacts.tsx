import { useOperation } from "../../data/api.ts";
import { bytes, Digest } from "../../parts/format.tsx";
import { Card } from "../../parts/layout.tsx";
import type { RunDetail } from "./run-page.tsx";

/** Files that the run keeps, each with its digest. */
export function Artifacts({ project, run }: { project: string; run: RunDetail }) {
  const query = useOperation("runs.artifacts", { project, run: run.id, deep: "true" }, { enabled: run.artifacts.files > 0 });
  const files = query.data?.files.filter((file) => !file.folder) ?? [];
  if (files.length === 0) return null;
  return (
    <Card title="Artifacts" note={`${files.length} ${files.length === 1 ? "file" : "files"}, ${bytes(run.artifacts.sizeBytes)}`} flush>
      <table>
        <thead>
          <tr>
            <th scope="col">Path</th>
            <th scope="col" className="num">
              Size
            </th>
            <th scope="col">Digest</th>
          </tr>
        </thead>
        <tbody>
          {files.map((file) => (
            <tr key={file.path}>
              <td>
                <a
                  className="mono"
                  href={`/api/v1/p/${project}/runs/${run.id}/files/${file.path.split("/").map(encodeURIComponent).join("/")}`}
                >
                  {file.path}
                </a>
              </td>
              <td className="num">{bytes(file.sizeBytes)}</td>
              <td>
                <Digest digest={file.digest} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Card>
  );
}
