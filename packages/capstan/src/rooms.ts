/** The house: every room in the order in which a model passes through them. A room may import only from rooms that stand before it. */
export const rooms = [
  "base/foundation", "base/storage", "base/record", "base/access", "base/projects",
  "build/data", "build/purpose", "build/tracking", "build/execution", "build/inference", "build/checks", "build/pipeline", "build/registry",
  "ship/governance", "ship/serving", "ship/release",
  "operate/monitoring", "operate/incidents", "operate/insights",
  "face/http", "face/cli",
] as const;
export type Room = (typeof rooms)[number];
