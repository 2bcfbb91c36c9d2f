import { useMutation, useQueryClient } from "@tanstack/react-query";
import { IconX } from "@tabler/icons-react";
import { useState } from "react";
import { client } from "../../data/api.ts";
import { refuses, useClosed } from "../../parts/guarded.tsx";
import { Failure } from "../../parts/layout.tsx";
import type { RunDetail } from "./run-detail.ts";

/** Sets the tag, or removes it when the value is null. */
type Change = { name: string; value: string | null; undoes?: true };

/** Tags that people gave, changed in place; the last change can be taken back. */
export function RunTags({ project, run }: { project: string; run: RunDetail }) {
  const [text, setText] = useState("");
  const [back, setBack] = useState<{ name: string; value: string | null; said: string }>();
  const closed = useClosed("log");
  const queries = useQueryClient();
  const change = useMutation({
    // One after another: each knows what stood there before it.
    scope: { id: `tags of ${run.id}` },
    mutationFn: async ({ name, value }: Change): Promise<string | null> => {
      const before = (await client.call("runs.get", { project, run: run.id })).tags[name] ?? null;
      await client.call("runs.tag", { project, run: run.id, ...(value === null ? { remove: [name] } : { set: { [name]: value } }) });
      return before;
    },
    onSuccess: (before, { name, value, undoes }) => {
      setBack(undoes ? undefined : { name, value: before, said: value === null ? `${name} removed` : `${name} is ${value}` });
      return queries.invalidateQueries();
    },
    // What was not taken can be written again, unless something else is being written.
    onError: (_, { name, value, undoes }) => !undoes && value !== null && setText((now) => (now === "" ? `${name}=${value}` : now)),
  });
  const tags = Object.entries(run.tags).filter(([tag]) => !tag.startsWith("mlflow."));
  const apply = (name: string, value: string | null): void => {
    if (!refuses(closed)) change.mutate({ name, value });
  };
  const [name = "", ...rest] = text.split("=");
  const value = rest.join("=").trim();
  const complete = name.trim() !== "" && value !== "";
  return (
    <>
      {tags.length > 0 && (
        <dl>
          {tags.map(([tag, given]) => (
            <div key={tag} className="side-line">
              <dt>{tag}</dt>
              <dd>
                {given}{" "}
                <button
                  type="button"
                  className="icon-button small"
                  aria-label={`Remove the tag ${tag}`}
                  aria-disabled={closed !== null}
                  title={closed ?? `Remove ${tag}`}
                  onClick={() => apply(tag, null)}
                >
                  <IconX size={13} stroke={1.75} />
                </button>
              </dd>
            </div>
          ))}
        </dl>
      )}
      <form
        className="tag-form"
        onSubmit={(event) => {
          event.preventDefault();
          if (!complete || refuses(closed)) return;
          setText("");
          apply(name.trim(), value);
        }}
      >
        <input
          aria-label="A tag, as name=value"
          placeholder="name=value"
          className="mono"
          value={text}
          spellCheck={false}
          onChange={(event) => setText(event.target.value)}
        />
        <button
          type="submit"
          className="button"
          aria-disabled={closed !== null || !complete}
          title={closed ?? (complete ? "" : "Write name=value")}
        >
          Set tag
        </button>
      </form>
      {back && (
        <p role="status" className="second">
          {back.said}.{" "}
          <button
            type="button"
            className="text-button"
            onClick={() => {
              setBack(undefined);
              change.mutate({ name: back.name, value: back.value, undoes: true });
            }}
          >
            Undo
          </button>
        </p>
      )}
      {change.isError && <Failure error={change.error} />}
    </>
  );
}
