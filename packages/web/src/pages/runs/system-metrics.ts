/** Metrics of the machine, as clients log them beside their own. */
export const isSystem = (key: string): boolean => key.startsWith("system/");

/** `system/cpu_utilization_percentage` as `cpu utilization, %`. */
export function systemName(key: string): { name: string; unit: string } {
  const words = key.replace(/^system\//, "").replaceAll("_", " ");
  for (const [ending, unit] of units) if (words.endsWith(` ${ending}`)) return { name: words.slice(0, -ending.length - 1), unit };
  return { name: words, unit: "" };
}
const units = [
  ["percentage", "%"],
  ["megabytes", "MB"],
  ["watts", "W"],
] as const;

/** In the order that a person looks for them. */
const order = ["cpu", "system memory", "gpu", "network", "disk"];
export const systemOrder = (key: string): number => {
  const at = order.findIndex((word) => systemName(key).name.includes(word));
  return at === -1 ? order.length : at;
};
