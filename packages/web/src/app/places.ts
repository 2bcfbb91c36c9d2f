import { IconActivity, IconCube, IconDatabase, IconFlame, IconFlask2, IconLink, IconListCheck, IconRocket, IconRotateClockwise2, IconRoute, IconSignature, IconSitemap } from "@tabler/icons-react";

/** The side bar, in the order in which a model passes through. */
export const groups = [
  { title: "", items: [{ name: "The loop", path: "", icon: IconRotateClockwise2, key: "l", badge: "" }] },
  { title: "Build", items: [
    { name: "Data", path: "/data", icon: IconDatabase, key: "d", badge: "" },
    { name: "Pipelines", path: "/pipelines", icon: IconSitemap, key: "p", badge: "" },
    { name: "Experiments", path: "/experiments", icon: IconFlask2, key: "e", badge: "" },
    { name: "Checks", path: "/checks", icon: IconListCheck, key: "c", badge: "" },
  ] },
  { title: "Release", items: [
    { name: "Models", path: "/models", icon: IconCube, key: "m", badge: "" },
    { name: "Reviews", path: "/reviews", icon: IconSignature, key: "w", badge: "reviews" },
    { name: "Releases", path: "/releases", icon: IconRocket, key: "r", badge: "releases" },
  ] },
  { title: "Operate", items: [
    { name: "Routes", path: "/routes", icon: IconRoute, key: "s", badge: "" },
    { name: "Monitors", path: "/monitors", icon: IconActivity, key: "o", badge: "monitors" },
  ] },
  { title: "Learn", items: [{ name: "Incidents", path: "/incidents", icon: IconFlame, key: "n", badge: "incidents" }] },
  { title: "Prove", items: [{ name: "Record", path: "/record", icon: IconLink, key: "v", badge: "" }] },
] as const;
