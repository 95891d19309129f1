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

/** Why there is no token yet. */
const CHALLENGES = {
  CHOOSE_TENANT: "This person belongs to several agencies. Name one.",
  EMAIL_UNVERIFIED: "The e-mail address is not verified yet. Follow the link in the mail first.",
  PASSWORD_EXPIRED: "The password has expired. Reset it first.",
};

interface LoginAnswer {
  data?: {
    login: {
      accessToken: string | null;
      expiresAt: string | null;
      challenge: keyof typeof CHALLENGES | null;
      viewer: { user: { email: string } | null; tenant: { name: string } } | null;
    };
  } | null;
  errors?: { message: string; extensions?: { fields?: { message: string }[] } }[];
}

/** Signs in with the refresh token left out: who goes on longer than the access token lives signs in again. */
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
    const reason = payload.challenge && CHALLENGES[payload.challenge];
    throw new Error(reason || "This person cannot sign in here. Send the Authorization header from the Headers pane instead.");
  }
  return {
    accessToken: payload.accessToken,
    expiresAt: new Date(payload.expiresAt),
    email: payload.viewer?.user?.email ?? credentials.email,
    tenant: payload.viewer?.tenant.name ?? credentials.tenant,
  };
}
