export * from "./verdict.ts";
export * from "./errors.ts";
export * from "./operation.ts";
export * from "./shapes.ts";
export * from "./roles.ts";
export * from "./config.ts";
