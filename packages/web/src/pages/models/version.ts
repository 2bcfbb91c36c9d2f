import type { Output } from "../../data/api.ts";

export type Version = Output<"models.version">;
