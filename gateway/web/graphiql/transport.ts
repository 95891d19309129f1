// How GraphiQL reaches the API: fetch for queries and mutations, graphql-transport-ws on the same path for subscriptions.
import type { Fetcher } from "@graphiql/toolkit";
import { type DocumentNode, type ExecutionResult, Kind } from "graphql";
import { type Client, createClient } from "graphql-ws";

const PATH = "/graphql";

export interface Transport {
  readonly fetcher: Fetcher;
  /** Ends open subscriptions: a socket keeps the rights it was opened with. */
  close(): void;
}

/** `authorization` is asked at each request and at each opening of a socket. */
export function createTransport(authorization: () => string | undefined): Transport {
  const sockets = new Map<string, Client>();

  const fetcher: Fetcher = (params, options) => {
    const own = authorization();
    // The Headers pane comes last: an API key written there is what the person wants to try.
    const headers = merge(own ? { Authorization: own } : {}, options?.headers);
    if (isSubscription(options?.documentAST, params.operationName)) {
      // Reason: the errors of an answer are plain objects on the wire; GraphiQL's type names the class.
      return socketFor(headers["authorization"]).iterate(params as { query: string }) as AsyncIterable<ExecutionResult>;
    }
    return post(params, headers);
  };

  function socketFor(token: string | undefined): Client {
    const key = token ?? "";
    let client = sockets.get(key);
    if (!client) {
      client = createClient({
        url: new URL(PATH, location.href.replace(/^http/, "ws")).href,
        connectionParams: token ? { Authorization: token } : {},
        retryAttempts: 2,
      });
      sockets.set(key, client);
    }
    return client;
  }

  return {
    fetcher,
    close() {
      for (const client of sockets.values()) void client.dispose();
      sockets.clear();
    },
  };
}

async function post(params: unknown, headers: Record<string, string>) {
  const response = await fetch(PATH, {
    method: "POST",
    headers: { ...headers, "content-type": "application/json", accept: "application/graphql-response+json, application/json" },
    body: JSON.stringify(params),
  });
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`The server answered ${response.status}: ${text.slice(0, 500)}`);
  }
}

/** Header names are case-insensitive: all are lowered, so that a later one replaces an earlier one. */
function merge(...parts: (Record<string, unknown> | undefined)[]): Record<string, string> {
  const merged: Record<string, string> = {};
  for (const part of parts) {
    for (const [name, value] of Object.entries(part ?? {})) merged[name.toLowerCase()] = String(value);
  }
  return merged;
}

function isSubscription(document: DocumentNode | undefined, operationName: string | null | undefined): boolean {
  const operations = document?.definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION) ?? [];
  const chosen = operationName ? operations.find((operation) => operation.name?.value === operationName) : operations[0];
  return chosen?.operation === "subscription";
}
