import type { ArmFailure } from "./answer.ts";
import { placeOf } from "./assignment.ts";
import type { InferenceRequest } from "./request.ts";
import type { ServedArm, ServedRoute } from "./served-route.ts";

/** Rows that go to one arm; `rows` null means all of them. */
export type Part = { readonly arm: ServedArm; readonly rows: readonly number[] | null; failures: readonly ArmFailure[] };

/** Each key has its place under the release's salt and stays there; a request without keys goes as a whole, by chance. */
export function assign(served: ServedRoute, pinned: ServedArm | undefined, request: InferenceRequest, random: () => number): Part[] {
  const live = pinned ?? served.live;
  if (!live) return [];
  const { canary } = served;
  const whole = (arm: ServedArm): Part[] => [{ arm, rows: null, failures: [] }];
  if (pinned || !canary) return whole(live);
  const { share } = canary.spec;
  if (!request.keys) return whole(random() < share ? canary : live);
  if (request.rows === 1) return whole(placeOf(served.table.salt, request.keys[0]!) < share ? canary : live);
  const toCanary: number[] = [];
  const toLive: number[] = [];
  request.keys.forEach((key, row) => (placeOf(served.table.salt, key) < share ? toCanary : toLive).push(row));
  if (toCanary.length === 0) return whole(live);
  if (toLive.length === 0) return whole(canary);
  return [
    { arm: live, rows: toLive, failures: [] },
    { arm: canary, rows: toCanary, failures: [] },
  ];
}

export const pick = (columns: Readonly<Record<string, readonly unknown[]>>, rows: readonly number[]): Record<string, unknown[]> =>
  Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, rows.map((row) => values[row])]));
export const pickMaybe = <T>(values: readonly T[] | null, rows: readonly number[] | null): readonly T[] | null =>
  values && rows ? rows.map((row) => values[row]!) : values;
