import { QueryClient } from "@tanstack/react-query";

// The server may be this machine: no network is no reason to wait.
export const queries = new QueryClient({ defaultOptions: { queries: { networkMode: "always" }, mutations: { networkMode: "always" } } });
