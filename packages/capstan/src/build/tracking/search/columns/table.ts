import type { SqlValue } from "../../../../base/storage/database.ts";
import { type Column, notANumber, NumberColumn, present, TextColumn } from "./column.ts";
import { type ColumnName, nameText } from "./question.ts";
import { RunIds } from "./run-ids.ts";
import { grown, RowList } from "./typed.ts";

/** What the table knows of an experiment. */
export type Place = {
  rows: RowList;
  /** Least stamp of a change that was not read yet. */
  cursor: number;
  /** As the question said. */ state: string;
  /** Rows that changed since the place was read, oldest first; columns say how far they followed. */
  changed: RowList;
};

type Kept = {
  column: Column;
  /** By experiment: how many of its changes the column has. Experiments that it was not read for are absent. */
  followed: Map<number, number>;
  usedAt: number;
};

/** Words of which there are few, as numbers. */
class Words {
  readonly #numbers = new Map<string, number>();
  #last = "";
  #lastNumber = -1;
  numberOf(word: string): number {
    // Most runs say the same as the one before.
    if (word === this.#last && this.#lastNumber >= 0) return this.#lastNumber;
    let number = this.#numbers.get(word);
    if (number === undefined) {
      number = this.#numbers.size;
      this.#numbers.set(word, number);
    }
    this.#last = word;
    this.#lastNumber = number;
    return number;
  }
  find(word: string): number {
    return this.#numbers.get(word) ?? -1;
  }
}

/** One row per run of the experiments that were searched, in typed arrays; columns of what runs hold, beside it. Knows no SQL. */
export class RunTable {
  readonly ids = new RunIds();
  readonly places = new Map<number, Place>();
  readonly words = { kind: new Words(), project: new Words(), lifecycle: new Words() };
  experiments = new Int32Array(0);
  lifecycles = new Uint8Array(0);
  kinds = new Uint8Array(0);
  projects = new Int32Array(0);
  startedMs = new Float64Array(0);
  readonly #columns = new Map<string, Kept>();
  #uses = 0;

  get bytes(): number {
    let sum = this.ids.bytes + this.experiments.byteLength + this.lifecycles.byteLength + this.kinds.byteLength;
    sum += this.projects.byteLength + this.startedMs.byteLength;
    for (const place of this.places.values()) sum += place.rows.bytes + place.changed.bytes;
    for (const { column } of this.#columns.values()) sum += column.bytes;
    return sum;
  }

  /** Takes over a run's own row; its number, or -1 when its id is none that the table can hold. */
  put(place: number, [id, kind, project, lifecycle, startedMs]: readonly SqlValue[]): number {
    const known = this.ids.count;
    return this.#put(known, this.ids.add(String(id)), place, String(kind), String(project), String(lifecycle), Number(startedMs));
  }
  /** The same for an id as 32 bytes of ASCII at a place of a list. */
  putAt(list: Uint8Array, at: number, place: number, kind: string, project: string, lifecycle: string, startedMs: number): number {
    const known = this.ids.count;
    return this.#put(known, this.ids.addAt(list, at), place, kind, project, lifecycle, startedMs);
  }
  #put(known: number, row: number, place: number, kind: string, project: string, lifecycle: string, startedMs: number): number {
    if (row < 0) return -1;
    if (row === known) {
      this.experiments = grown(this.experiments, row + 1);
      this.lifecycles = grown(this.lifecycles, row + 1);
      this.kinds = grown(this.kinds, row + 1);
      this.projects = grown(this.projects, row + 1);
      this.startedMs = grown(this.startedMs, row + 1);
      this.experiments[row] = -1;
    }
    if (this.experiments[row] !== place) {
      this.experiments[row] = place;
      this.places.get(place)?.rows.push(row);
    }
    this.kinds[row] = this.words.kind.numberOf(kind);
    this.projects[row] = this.words.project.numberOf(project);
    this.lifecycles[row] = this.words.lifecycle.numberOf(lifecycle);
    this.startedMs[row] = startedMs;
    return row;
  }

  /** The experiment is as if it had never been read. */
  drop(experiment: number): void {
    for (const row of this.places.get(experiment)?.rows.view() ?? []) if (this.experiments[row] === experiment) this.experiments[row] = -1;
    this.places.delete(experiment);
    for (const { followed } of this.#columns.values()) followed.delete(experiment);
  }

  /** The column of a name with room for every row, marked as used now. */
  column(name: ColumnName): Kept {
    const key = nameText(name);
    let kept = this.#columns.get(key);
    if (!kept) {
      const isNumber = name.entity === "metric" || (name.entity === "attribute" && (name.key === "ended_ms" || name.key === "seconds"));
      kept = { column: isNumber ? new NumberColumn() : new TextColumn(), followed: new Map(), usedAt: 0 };
      this.#columns.set(key, kept);
    }
    kept.usedAt = ++this.#uses;
    kept.column.reserve(this.ids.count);
    return kept;
  }

  /** Forgets the columns that were not used for longest, until all fits into the bytes or only the newest `keep` are left. */
  trim(limitBytes: number, keep: number): void {
    const oldest = [...this.#columns].sort(([, a], [, b]) => a.usedAt - b.usedAt);
    for (const [key] of oldest.slice(0, Math.max(0, oldest.length - keep))) {
      if (this.bytes <= limitBytes) return;
      this.#columns.delete(key);
    }
  }

  /** Forgets the changes that every column has followed; columns that are behind are read anew for this experiment. */
  forgetChanges(experiment: number): void {
    const place = this.places.get(experiment);
    if (!place) return;
    for (const { followed } of this.#columns.values()) {
      if (followed.get(experiment) === place.changed.length) followed.set(experiment, 0);
      else followed.delete(experiment);
    }
    place.changed.clear();
  }
}

/** Takes over what a statement answered: the run's id, the value, and whether it is NaN. */
export function setValue(column: Column, row: number, value: SqlValue, isNaN: SqlValue): void {
  if (value === null) return;
  if (column.type === "text") column.set(row, String(value));
  else column.set(row, Number(value), isNaN === 1 ? notANumber : present);
}
