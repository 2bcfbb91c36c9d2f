import type { SavedView, viewOperations } from "@capstan/contract/operations/views";
import type { Handlers } from "../foundation/caller.ts";
import { toTime } from "../foundation/clock.ts";
import { CapstanError } from "../foundation/errors.ts";
import type { Store } from "../record/store.ts";
import { insert, statement } from "../storage/database.ts";

type Row = { id: string; page: string; name: string; query: string; by_name: string; created_ms: number };
const viewOf = (row: Row): SavedView => ({
  id: row.id,
  page: row.page,
  name: row.name,
  query: row.query,
  by: row.by_name,
  created: toTime(row.created_ms),
});

/** How a page is shown, kept under a name that is unique for its page. Operation, not record: it decides nothing. */
export const viewHandlers = (store: Store): Handlers<typeof viewOperations> => ({
  "views.list": async ({ project, page }) => ({
    views: (
      await store.database.all<Row>(
        "select id, page, name, query, by_name, created_ms from saved_view where project = ? and page = ? order by created_ms, id",
        [project, page],
      )
    ).map(viewOf),
  }),
  "views.save": async ({ project, page, name, query }, caller) => {
    const row = { id: store.ids.ulid(), project, page, name, query, by_name: caller.actor.name, created_ms: store.clock.nowMs() };
    await store.database.commit([
      insert("saved_view", row, { tail: "on conflict (project, page, name) do update set query = excluded.query" }),
    ]);
    const saved = await store.database.find<Row>(
      "select id, page, name, query, by_name, created_ms from saved_view where project = ? and page = ? and name = ?",
      [project, page, name],
    );
    return viewOf(saved ?? row);
  },
  "views.delete": async ({ project, view }) => {
    const found = await store.database.find("select 1 as x from saved_view where project = ? and id = ?", [project, view]);
    if (!found) throw new CapstanError("CAP-NOT-FOUND-001", { noun: "view", name: view });
    await store.database.commit([statement("delete from saved_view where project = ? and id = ?", project, view)]);
    return { view };
  },
});
