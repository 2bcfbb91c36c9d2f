import type { exchangeOperations } from "@capstan/contract/operations/exchange";
import type { Handlers } from "../../base/foundation/caller.ts";
import type { ExchangeService } from "./service.ts";

export const exchangeHandlers = (service: ExchangeService): Handlers<typeof exchangeOperations> => ({
  "exchange.import": async (order, caller) => service.import(order, caller),
  "exchange.export": async (order, caller) => service.export(order, caller),
  "exchange.show": async ({ project, transfer }) => service.show(project, transfer),
  "exchange.stop": async ({ project, transfer }) => service.stop(project, transfer),
});
