import { ClientError, type Client, clientOf } from "@capstan/client/http";
import type { OperationName, Operations } from "@capstan/contract/operations";
import type { InputOf, OutputOf } from "@capstan/contract";
import { useQuery, type UseQueryResult } from "@tanstack/react-query";
import routes from "virtual:routes";

export const client: Client<Operations> = clientOf<Operations>(routes as never, { url: "" });
export type Output<K extends OperationName> = OutputOf<Operations[K]>;

/** One operation as a query. Its key begins with the noun of the operation, so that an event about the noun refreshes it. */
export function useOperation<K extends OperationName>(
  name: K,
  input: InputOf<Operations[K]>,
  options: {
    enabled?: boolean;
    everyMs?: number;
    /** Whether the answer to what was asked before stands until the new one is there. */ keep?: (
      before: InputOf<Operations[K]>,
    ) => boolean;
  } = {},
): UseQueryResult<Output<K>, Error> {
  const { keep } = options;
  return useQuery<Output<K>>({
    queryKey: [name, input],
    queryFn: ({ signal }) => client.call(name, input, { signal }),
    enabled: options.enabled ?? true,
    ...(options.everyMs !== undefined && { refetchInterval: options.everyMs }),
    retry: (count, error) => !(error instanceof ClientError && error.status < 500) && count < 3,
    ...(keep && {
      placeholderData: ((data: Output<K> | undefined, query?: { queryKey: readonly unknown[] }) =>
        query && keep(query.queryKey[1] as InputOf<Operations[K]>) ? data : undefined) as never,
    }),
    staleTime: 2_000,
  });
}
export { ClientError };
