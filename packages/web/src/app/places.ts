import {
  type Icon,
  IconActivity,
  IconFolder,
  IconCube,
  IconDatabase,
  IconFlame,
  IconFlask2,
  IconLink,
  IconListCheck,
  IconRocket,
  IconRotateClockwise2,
  IconRoute,
  IconSignature,
  IconSitemap,
} from "@tabler/icons-react";

export type Place = { name: string; path: string; icon: Icon; /** After G, goes here. */ key: string; badge: string };

/** The side bar, in the order in which a model passes through. */
export const groups: readonly { title: string; items: readonly Place[] }[] = [
  { title: "", items: [{ name: "The loop", path: "", icon: IconRotateClockwise2, key: "l", badge: "" }] },
  {
    title: "Build",
    items: [
      { name: "Data", path: "/data", icon: IconDatabase, key: "d", badge: "" },
      { name: "Pipelines", path: "/pipelines", icon: IconSitemap, key: "p", badge: "" },
      { name: "Experiments", path: "/experiments", icon: IconFlask2, key: "e", badge: "" },
      { name: "Checks", path: "/checks", icon: IconListCheck, key: "c", badge: "" },
    ],
  },
  {
    title: "Release",
    items: [
      { name: "Models", path: "/models", icon: IconCube, key: "m", badge: "" },
      { name: "Reviews", path: "/reviews", icon: IconSignature, key: "w", badge: "reviews" },
      { name: "Releases", path: "/releases", icon: IconRocket, key: "r", badge: "releases" },
    ],
  },
  {
    title: "Operate",
    items: [
      { name: "Routes", path: "/routes", icon: IconRoute, key: "s", badge: "" },
      { name: "Monitors", path: "/monitors", icon: IconActivity, key: "o", badge: "monitors" },
    ],
  },
  { title: "Learn", items: [{ name: "Incidents", path: "/incidents", icon: IconFlame, key: "n", badge: "incidents" }] },
  { title: "Prove", items: [{ name: "Record", path: "/record", icon: IconLink, key: "v", badge: "" }] },
];

export const places: readonly Place[] = groups.flatMap((group) => group.items);
/** The place that a path below the project belongs to; runs and comparisons belong to experiments. None for the loop itself. */
export function placeAt(inside: string): Place | undefined {
  const path = /^\/(runs|compare)(\/|$)/.test(inside) ? "/experiments" : inside;
  return places.find((place) => place.path !== "" && (path === place.path || path.startsWith(`${place.path}/`)));
}

/** The icon of each noun that search can find. */
export const nounIcons: Record<
  | "project"
  | "dataset"
  | "pipeline"
  | "experiment"
  | "run"
  | "suite"
  | "model"
  | "version"
  | "release"
  | "route"
  | "monitor"
  | "incident"
  | "entry",
  Icon
> = {
  project: IconFolder,
  dataset: IconDatabase,
  pipeline: IconSitemap,
  experiment: IconFlask2,
  run: IconFlask2,
  suite: IconListCheck,
  model: IconCube,
  version: IconCube,
  release: IconRocket,
  route: IconRoute,
  monitor: IconActivity,
  incident: IconFlame,
  entry: IconLink,
};
