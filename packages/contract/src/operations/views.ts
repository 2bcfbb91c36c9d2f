import { z } from "zod";
import { operation } from "../operation.ts";
import { name, time } from "../shapes.ts";

export const savedView = z.object({
  id: z.string(),
  /** The page it is a view of, below the project: `runs`, `experiments/14`. */
  page: z.string(),
  name: z.string(),
  /** The page's query string without `?`. */
  query: z.string(),
  by: z.string(),
  created: time,
});
export type SavedView = z.output<typeof savedView>;

const page = z.string().regex(/^[a-z][a-z0-9/@._-]{0,199}$/i, "a page below the project, such as runs");

export const viewOperations = {
  "views.list": operation({
    method: "GET",
    path: "/p/{project}/views",
    capability: "read",
    input: z.object({ project: name, page }),
    output: z.object({ views: z.array(savedView) }),
    text: "Saved views of a page, oldest first.",
  }),
  "views.save": operation({
    method: "PUT",
    path: "/p/{project}/views",
    capability: "comment",
    input: z.object({ project: name, page, name: z.string().trim().min(1).max(80), query: z.string().max(20_000) }),
    output: savedView,
    text: "Keeps how a page is shown under a name; the same name again replaces it.",
  }),
  "views.delete": operation({
    method: "DELETE",
    path: "/p/{project}/views/{view}",
    capability: "comment",
    input: z.object({ project: name, view: z.string().min(1).max(40) }),
    output: z.object({ view: z.string() }),
    text: "Forgets a saved view; what it showed stays.",
  }),
};
