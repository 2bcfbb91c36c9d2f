import type { DataConfig } from "./data.ts";

export type DeclaredData = Exclude<DataConfig, string>;
export const declaredData = (config: DataConfig): DeclaredData => (typeof config === "string" ? { path: config } : config);
