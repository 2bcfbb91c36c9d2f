export type Theme = "light" | "dark";
export const currentTheme = (): Theme => (document.documentElement.dataset["theme"] === "dark" ? "dark" : "light");

/** The other theme, kept for this person. */
export function switchTheme(): Theme {
  const next: Theme = currentTheme() === "dark" ? "light" : "dark";
  document.documentElement.dataset["theme"] = next;
  localStorage.setItem("capstan-theme", next);
  return next;
}
