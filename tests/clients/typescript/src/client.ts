// The least that a partner writes around generated documents: one typed function over fetch.
import type { TypedDocumentString } from "./generated/graphql.js";

interface GraphQLErrorAnswer {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions?: { readonly code?: string; readonly fields?: readonly { path: string; message: string }[] };
}

/** The first error of an answer, with its machine-readable code. */
export class ApiError extends Error {
  readonly code: string | undefined;

  constructor(readonly errors: readonly GraphQLErrorAnswer[]) {
    const first = errors[0];
    const fields = first?.extensions?.fields?.map((field) => `${field.path}: ${field.message}`) ?? [];
    super([first?.message ?? "no error", ...fields].join("; "));
    this.code = first?.extensions?.code;
  }
}

export class Client {
  constructor(
    private readonly server: string,
    private readonly accessToken?: string,
  ) {}

  as(accessToken: string): Client {
    return new Client(this.server, accessToken);
  }

  async ask<Answer, Variables>(document: TypedDocumentString<Answer, Variables>, variables: Variables): Promise<Answer> {
    const response = await fetch(`${this.server}/graphql`, {
      method: "POST",
      headers: {
        "Content-Type": "application/json",
        Accept: "application/graphql-response+json",
        ...(this.accessToken ? { Authorization: `Bearer ${this.accessToken}` } : {}),
      },
      body: JSON.stringify({ query: document.toString(), variables }),
    });
    const answer = (await response.json()) as { data?: Answer | null; errors?: GraphQLErrorAnswer[] };
    if (answer.errors?.length) throw new ApiError(answer.errors);
    if (!answer.data) throw new Error(`HTTP ${response.status} without data`);
    return answer.data;
  }
}
