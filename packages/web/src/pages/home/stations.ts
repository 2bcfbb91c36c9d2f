import type { StationId } from "@capstan/contract/operations/insights";
import {
  type Icon,
  IconActivity,
  IconDatabase,
  IconFlask2,
  IconListCheck,
  IconRocket,
  IconRoute,
  IconSchool,
  IconSignature,
} from "@tabler/icons-react";

export type StationFace = { id: StationId; name: string; icon: Icon; /** What happens here, for who has never seen it. */ about: string };

/** The eight stations that every model passes, in their order. */
export const stations: readonly StationFace[] = [
  { id: "data", name: "Data", icon: IconDatabase, about: "Versions of what goes in, with a profile and a digest" },
  { id: "train", name: "Train", icon: IconFlask2, about: "Steps that run only when something changed" },
  { id: "check", name: "Check", icon: IconListCheck, about: "Tests of data and model, computed, not typed" },
  { id: "review", name: "Review", icon: IconSignature, about: "One dossier, one signature, if the risk asks for it" },
  { id: "release", name: "Release", icon: IconRocket, about: "Shadow, canary, all. Back in milliseconds" },
  { id: "serve", name: "Serve", icon: IconRoute, about: "Predictions over an open protocol, each one logged" },
  { id: "watch", name: "Watch", icon: IconActivity, about: "Drift, quality, fairness, each over its noise floor" },
  { id: "learn", name: "Learn", icon: IconSchool, about: "What went wrong becomes a test, and the loop turns" },
];
