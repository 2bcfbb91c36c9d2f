import { type ComponentType, createElement, use } from "react";

/** A page whose code is fetched when it is first wanted. Code that cannot be fetched is an error of that page alone, which stays until it is loaded anew. */
export function latePage(load: () => Promise<Record<string, unknown>>, name: string) {
  let coming: Promise<ComponentType> | undefined;
  const page = (): Promise<ComponentType> => (coming ??= load().then((module) => module[name] as ComponentType));
  const Late = () => createElement(use(page()));
  /** As when a pointer rests on a link: a failure is nobody's yet. */
  Late.preload = async (): Promise<void> => {
    await page().catch(() => (coming = undefined));
  };
  return Late;
}
