import { useRef } from "react";

/** The list of the last time while it holds the same, so that what depends on it stands still. */
export function useSame<T>(list: readonly T[]): readonly T[] {
  const kept = useRef(list);
  const { current } = kept;
  if (current !== list && (current.length !== list.length || current.some((one, i) => !Object.is(one, list[i])))) kept.current = list;
  return kept.current;
}
