/** How numbers, sizes and times are written for people. Thin grouping by spaces, four significant digits. */
export const count = (value: number): string => String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, " ");

export function number(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (value === 0) return "0";
  const magnitude = Math.abs(value);
  if (magnitude >= 1000) return value < 0 ? `−${count(-value)}` : count(value);
  const text = magnitude < 1e-4 ? value.toExponential(2) : value.toPrecision(4);
  return text.replace(/^-/, "−");
}

export function seconds(value: number): string {
  if (value < 0.0995) return `${Math.round(value * 1000)} ms`;
  if (value < 99.95) return `${value.toFixed(1)} s`;
  if (value < 3600) return `${Math.floor(value / 60)} min ${Math.round(value % 60)} s`;
  return `${Math.floor(value / 3600)} h ${Math.round((value % 3600) / 60)} min`;
}

export function bytes(value: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let at = 0;
  let rest = value;
  while (rest >= 999.5 && at < units.length - 1) {
    rest /= 1000;
    at++;
  }
  return `${at === 0 ? rest : rest < 10 ? rest.toFixed(1) : Math.round(rest)} ${units[at]}`;
}

export const short = (digest: string): string => digest.slice(0, 8);

export const pad = (text: string, width: number): string => text + " ".repeat(Math.max(0, width - visible(text)));
// oxlint-disable-next-line no-control-regex -- measures text with our own colour codes taken out
export const visible = (text: string): number => [...text.replace(/\u001b\[[0-9;]*m/g, "")].length;

/** Rows as columns, two spaces apart, last column ragged. */
export function table(rows: readonly (readonly string[])[], indent = "  "): string[] {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, visible(cell))));
  return rows.map((row) => (indent + row.map((cell, i) => (i === row.length - 1 ? cell : pad(cell, widths[i] ?? 0))).join("  ")).trimEnd());
}
