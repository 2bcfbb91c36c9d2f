import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useLocation, useNavigate } from "@tanstack/react-router";
import { IconPlus, IconX } from "@tabler/icons-react";
import { useState } from "react";
import { client, useOperation } from "../../../data/api.ts";
import { refuses, useClosed } from "../../../parts/guarded.tsx";
import { Failure } from "../../../parts/layout.tsx";
import type { Undo } from "./undo.tsx";

/** Saved views of this page as tabs; each is an address. */
export function ViewTabs({ project, page, say }: { project: string; page: string; say: (undo: Undo) => void }) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const { searchStr } = useLocation();
  const here = normal(searchStr);
  const found = useOperation("views.list", { project, page });
  const closed = useClosed("comment");
  const [name, setName] = useState<string>();
  const path = `/p/${project}/${page}`;
  const go = (query: string): void => void navigate({ href: query === "" ? path : `${path}?${query}` } as never);
  const refresh = (): Promise<void> => queries.invalidateQueries({ queryKey: ["views.list"] });
  const save = useMutation({
    mutationFn: (view: { name: string; query: string }) => client.call("views.save", { project, page, ...view }),
    onSuccess: () => {
      setName(undefined);
      return refresh();
    },
  });
  const forget = useMutation({
    mutationFn: (view: { id: string; name: string; query: string }) => client.call("views.delete", { project, view: view.id }),
    onSuccess: (_, view) => {
      say({
        said: `The view ${view.name} is forgotten`,
        undo: async () => {
          await client.call("views.save", { project, page, name: view.name, query: view.query });
          await refresh();
        },
      });
      return refresh();
    },
  });
  const views = found.data?.views ?? [];
  return (
    <nav className="view-tabs" aria-label="Views">
      {[{ id: "", name: "All", query: "" }, ...views, { id: "deleted", name: "Deleted", query: "state=deleted" }].map((view) => (
        <span key={view.id} className="view-tab">
          <a
            href={view.query === "" ? path : `${path}?${view.query}`}
            {...(normal(view.query) === here && { "aria-current": "page" as const })}
            onClick={(event) => {
              if (event.metaKey || event.ctrlKey || event.shiftKey) return;
              event.preventDefault();
              go(view.query);
            }}
          >
            {view.name}
          </a>
          {view.id !== "" && view.id !== "deleted" && normal(view.query) === here && (
            <button
              type="button"
              className="icon-button small"
              aria-label={`Forget the view ${view.name}`}
              aria-disabled={closed !== null || forget.isPending}
              title={closed ?? `Forget ${view.name}`}
              onClick={() => !refuses(closed) && !forget.isPending && forget.mutate(view)}
            >
              <IconX size={12} stroke={1.75} />
            </button>
          )}
        </span>
      ))}
      {name === undefined ? (
        <button
          type="button"
          className="text-button save-view"
          aria-disabled={closed !== null}
          {...(closed !== null && { title: closed })}
          onClick={() => !refuses(closed) && setName("")}
        >
          <IconPlus size={14} stroke={1.75} aria-hidden /> Save view
        </button>
      ) : (
        <form
          className="save-form"
          onSubmit={(event) => {
            event.preventDefault();
            if (name.trim() !== "" && !save.isPending) save.mutate({ name: name.trim(), query: searchStr.replace(/^\?/, "") });
          }}
        >
          <input
            className="field"
            aria-label="Name of the view"
            placeholder="Name of the view"
            // It was asked for by the button that it replaces.
            ref={(field) => field?.focus()}
            value={name}
            maxLength={80}
            onChange={(event) => setName(event.target.value)}
            onKeyDown={(event) => {
              if (event.key === "Escape") setName(undefined);
            }}
          />
          <button type="submit" className="button" aria-disabled={name.trim() === ""}>
            Save
          </button>
        </form>
      )}
      {(save.isError || forget.isError) && <Failure error={save.error ?? forget.error ?? new Error("")} />}
    </nav>
  );
}

/** The same view has the same text, in whichever order its keys came. */
function normal(query: string): string {
  const params = new URLSearchParams(query);
  params.delete("layout");
  params.sort();
  return params.toString();
}
