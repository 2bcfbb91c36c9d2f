import { useState } from "react";
import { client } from "../../data/api.ts";
import { Card } from "../../parts/layout.tsx";
import { Markdown } from "../../parts/markdown.tsx";
import { Sheet } from "../../parts/sheet.tsx";

/** What someone wrote about a model or a version, and the way to write it. */
export function DescriptionCard({
  project,
  model,
  version,
  description,
}: {
  project: string;
  model: string;
  version?: string;
  description: string | null;
}) {
  const [text, setText] = useState<string>();
  const now = text ?? description ?? "";
  const name = version === undefined ? model : `${model} ${version}`;
  return (
    <Card
      title="Description"
      right={
        <Sheet
          capability="register"
          className="text-button"
          open={description === null ? "Write one" : "Change"}
          title={`Description of ${name}`}
          name="Save description"
          waits={now === (description ?? "") ? "nothing is changed" : null}
          effect="Markdown. The change is an entry of the record."
          act={() => client.call("models.describe", { project, model, description: now, ...(version !== undefined && { version }) })}
          done={() => setText(undefined)}
        >
          <label>
            <span className="second">Text</span>
            <textarea className="field area" rows={10} value={now} onChange={(event) => setText(event.target.value)} />
          </label>
        </Sheet>
      }
    >
      {description === null ? <p className="second">Nobody has described it yet.</p> : <Markdown text={description} />}
    </Card>
  );
}
