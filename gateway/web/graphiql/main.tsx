// The entry of /graphiql.
import "graphiql/style.css";
import "./style.css";
import { GraphiQL } from "graphiql";
import { StrictMode, useCallback, useMemo, useState } from "react";
import { createRoot } from "react-dom/client";
import projects from "./examples/projects.graphql?raw";
import viewer from "./examples/viewer.graphql?raw";
import { LoginBar } from "./login-bar";
import type { Session } from "./session";
import { createTransport } from "./transport";

const TABS = [{ query: viewer }, { query: projects, variables: '{ "first": 10 }' }];

function App() {
  const [session, setSession] = useState<Session>();
  // One transport a session: the old one's sockets close, and the changed fetcher makes GraphiQL read the schema again.
  const transport = useMemo(() => createTransport(() => session && `Bearer ${session.accessToken}`), [session]);
  const change = useCallback(
    (next: Session | undefined) => {
      transport.close();
      setSession(next);
    },
    [transport],
  );

  return (
    <>
      <LoginBar session={session} onChange={change} />
      <main>
        <GraphiQL fetcher={transport.fetcher} defaultTabs={TABS} shouldPersistHeaders={false} showPersistHeadersSettings={false} />
      </main>
    </>
  );
}

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
