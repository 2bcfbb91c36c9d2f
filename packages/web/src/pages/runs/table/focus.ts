/** Gives the focus to the table when what has it goes away: keys that are pressed next find their run. */
export const focusTable = (leaving: HTMLElement | null): void => {
  if (leaving?.contains(document.activeElement)) document.querySelector<HTMLElement>(".runs-scroll")?.focus({ preventScroll: true });
};
