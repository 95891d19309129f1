// Who is signed in. Held in memory only: a reload forgets it, and no script of another page can read it from storage.
import loginDocument from "./login.graphql?raw";

export interface Session {
  readonly accessToken: string;
  readonly expiresAt: Date;
  readonly email: string;
  readonly tenant: string;
}

export interface Credentials {
  readonly tenant: string;
  readonly email: string;
  readonly password: string;
}

interface LoginAnswer {
  data?: {
    login: {
      accessToken: string | null;
      expiresAt: string | null;
      challenge: unknown;
      viewer: { user: { email: string } | null; tenant: { name: string } } | null;
    };
  } | null;
  errors?: { message: string; extensions?: { fields?: { message: string }[] } }[];
}

/** Signs in with the refresh token left out: this page asks again when the access token ends. */
export async function login(credentials: Credentials): Promise<Session> {
  const response = await fetch("/graphql", {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json" },
    body: JSON.stringify({ query: loginDocument, variables: { input: { ...credentials, delivery: "BODY" } } }),
  });
  const answer = (await response.json().catch(() => ({}))) as LoginAnswer;
  const error = answer.errors?.[0];
  if (error) {
    const details = error.extensions?.fields?.map((field) => field.message) ?? [];
    throw new Error([error.message, ...details].join(" "));
  }
  const payload = answer.data?.login;
  if (!payload) throw new Error(`The server answered ${response.status}.`);
  if (!payload.accessToken || !payload.expiresAt) {
    throw new Error("This user needs a second factor. Send the Authorization header from the Headers pane instead.");
  }
  return {
    accessToken: payload.accessToken,
    expiresAt: new Date(payload.expiresAt),
    email: payload.viewer?.user?.email ?? credentials.email,
    tenant: payload.viewer?.tenant.name ?? credentials.tenant,
  };
}
