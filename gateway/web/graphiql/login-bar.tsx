// The bar above GraphiQL: sign in by tenant, e-mail and password, see who one is, sign out.
import { type FormEvent, useEffect, useState } from "react";
import { login, type Session } from "./session";

interface Props {
  readonly session: Session | undefined;
  readonly onChange: (session: Session | undefined) => void;
}

export function LoginBar({ session, onChange }: Props) {
  const [message, setMessage] = useState<string>();
  const [busy, setBusy] = useState(false);

  useEffect(() => {
    if (!session) return;
    const timer = setTimeout(() => {
      setMessage("Your session has ended. Sign in again.");
      onChange(undefined);
    }, Math.max(0, session.expiresAt.getTime() - Date.now()));
    return () => clearTimeout(timer);
  }, [session, onChange]);

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const field = (name: string) => String(form.get(name) ?? "");
    setBusy(true);
    setMessage(undefined);
    try {
      onChange(await login({ tenant: field("tenant"), email: field("email"), password: field("password") }));
    } catch (error) {
      setMessage(error instanceof Error ? error.message : String(error));
    } finally {
      setBusy(false);
    }
  }

  return (
    <header className="login-bar">
      <strong>Atrium</strong>
      {session ? (
        <div className="login-bar-who">
          <span>
            {session.email} · {session.tenant}
          </span>
          <button type="button" onClick={() => onChange(undefined)}>
            Sign out
          </button>
        </div>
      ) : (
        <form onSubmit={submit}>
          <input name="tenant" aria-label="Tenant" placeholder="Tenant" required autoCapitalize="none" autoComplete="organization" />
          <input name="email" aria-label="E-mail" placeholder="E-mail" required type="email" autoComplete="username" />
          <input name="password" aria-label="Password" placeholder="Password" required type="password" autoComplete="current-password" />
          <button type="submit" disabled={busy}>
            {busy ? "Signing in…" : "Sign in"}
          </button>
        </form>
      )}
      <span className="login-bar-message" role="alert">
        {message}
      </span>
    </header>
  );
}
