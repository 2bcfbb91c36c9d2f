/** Whether what has the focus takes letters for itself. */
export const takesText = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable ||
    /^(TEXTAREA|SELECT)$/.test(target.tagName) ||
    (target instanceof HTMLInputElement && target.type !== "checkbox"));

/** Whether a key is the page's to act on: nothing that takes letters has the focus, no dialog lies on top, and it is no command of the browser. */
export const isPageKey = (event: KeyboardEvent): boolean =>
  !event.metaKey && !event.ctrlKey && !event.altKey && !takesText(event.target) && !(event.target as HTMLElement).closest?.("dialog");
