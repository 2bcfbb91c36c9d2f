import type { Mark } from "@capstan/contract/operations/insights";
import type { Output } from "../../data/api.ts";

type Release = Pick<Output<"releases.list">["releases"][number], "state" | "verdict">;
const going: readonly Release["state"][] = ["draft", "shadow", "canary", "promoting", "paused"];
export const moving = (state: Release["state"]): boolean => going.includes(state);
export const stateText = (state: Release["state"]): string => state.replaceAll("_", " ");
export const markOf = (release: Release): Mark =>
  release.state === "paused" ? "waiting" : moving(release.state) ? "running" : (release.verdict ?? "none");
