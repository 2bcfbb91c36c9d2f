import { useState } from "react";
import { client } from "../../data/api.ts";
import { Card } from "../../parts/layout.tsx";
import { Markdown } from "../../parts/markdown.tsx";
import { Sheet } from "../../parts/sheet.tsx";
import type { RunDetail } from "./run-detail.ts";

/** Where clients of MLflow keep what someone wrote about a run. */
const tag = "mlflow.note.content";

/** What someone wrote about the run, and the way to write it. */
export function NoteCard({ project, run }: { project: string; run: RunDetail }) {
  const kept = run.tags[tag] ?? "";
  const [text, setText] = useState<string>();
  const now = text ?? kept;
  return (
    <Card
      title="Description"
      right={
        <Sheet
          capability="log"
          className="text-button"
          open={kept === "" ? "Write one" : "Change"}
          title={`Description of ${run.name}`}
          name="Save description"
          waits={now === kept ? "nothing is changed" : null}
          effect={
            run.sealed === null ? "Markdown." : "Markdown. The run is sealed: the change is an entry and a new seal that names the old one."
          }
          act={() => client.call("runs.tag", { project, run: run.id, ...(now === "" ? { remove: [tag] } : { set: { [tag]: now } }) })}
          done={() => setText(undefined)}
        >
          <label>
            <span className="second">Text</span>
            <textarea className="field area" rows={10} maxLength={8000} value={now} onChange={(event) => setText(event.target.value)} />
          </label>
        </Sheet>
      }
    >
      {kept === "" ? <p className="second">Nobody has described it yet.</p> : <Markdown text={kept} />}
    </Card>
  );
}
