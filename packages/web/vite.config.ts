import { operations } from "@capstan/contract/operations";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

/** The table of operations without its schemas: name → method and path. The pages call by name; Zod stays on the server. */
const routes = (): Plugin => ({
  name: "routes",
  resolveId: (id) => (id === "virtual:routes" ? "\0virtual:routes" : undefined),
  load: (id) =>
    id === "\0virtual:routes"
      ? `export default ${JSON.stringify(Object.fromEntries(Object.entries(operations).map(([name, { method, path }]) => [name, { method, path }])))}`
      : undefined,
});

export default defineConfig({
  plugins: [react(), routes()],
  build: { target: "es2023", chunkSizeWarningLimit: 400 },
  server: { proxy: { "/api": "http://127.0.0.1:7070", "/v2": "http://127.0.0.1:7070" } },
});
