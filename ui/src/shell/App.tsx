import { QueryClientProvider } from "@tanstack/react-query";
import { SearchX } from "lucide-react";
import { lazy, Suspense, useEffect, useState } from "react";
import { Link, Redirect, Route, Switch, useLocation } from "wouter";
import { newCache } from "../api/cache";
import { useAgain } from "../api/program";
import { useTokenState } from "../api/token";
import { EmptyState } from "../parts";
import styles from "./App.module.css";
import { useGo } from "./address";
import { ErrorBoundary } from "./ErrorBoundary";
import { KeySheet } from "./KeySheet";
import { useKeys } from "./keys";
import { Navigation } from "./Navigation";
import { NoToken } from "./NoToken";
import { ROUTES } from "./routes";
import { StatusBar } from "./StatusBar";
import { Toasts } from "./Toasts";
import { tell } from "./toasts";

const cache = newCache();
// In a file of its own, or it would be a part of the first one.
const TakeDialogs = lazy(async () => ({ default: (await import("../take/TakeDialogs")).TakeDialogs }));

export function App() {
  const state = useTokenState();
  if (state !== "given") return <NoToken isRefused={state === "refused"} />;
  return (
    <QueryClientProvider client={cache}>
      <Frame />
    </QueryClientProvider>
  );
}

function Frame() {
  const [path] = useLocation();
  const [isSheetOpen, setSheetOpen] = useState(false);
  const go = useGo();
  useAgain(() => tell("Connected to Wireglass again."));
  useKeys({
    sheet: () => setSheetOpen(true),
    goTraffic: () => go("/traffic"),
    goHistory: () => go("/history"),
    goOverview: () => go("/overview"),
    goSessions: () => go("/sessions"),
    goConnect: () => go("/connect"),
    goMissing: () => go("/missing"),
    goSettings: () => go("/settings"),
  });
  const here = ROUTES.find((route) => route.path === path);
  useEffect(() => {
    document.title = here ? `${here.label} · Wireglass` : "Wireglass";
  }, [here]);

  return (
    <div className={styles.frame}>
      <div className={styles.middle}>
        <Navigation onKeys={() => setSheetOpen(true)} />
        <main className={styles.page}>
          <ErrorBoundary name={path}>
            {/* Nothing while a page's script comes: on loopback that is one frame, and a word would flicker. */}
            <Suspense fallback={null}>
              <Switch>
                <Route path="/">
                  <Redirect to="/traffic" replace />
                </Route>
                {ROUTES.map(({ path, page }) => (
                  <Route key={path} path={path} component={page} />
                ))}
                <Route>
                  <EmptyState icon={<SearchX />} title="There is no such page">
                    <p>
                      Nothing is at {path}. <Link href="/traffic">Go to the traffic.</Link>
                    </p>
                  </EmptyState>
                </Route>
              </Switch>
            </Suspense>
          </ErrorBoundary>
        </main>
      </div>
      <StatusBar />
      <Toasts />
      <Suspense fallback={null}>
        <TakeDialogs />
      </Suspense>
      <KeySheet isOpen={isSheetOpen} onClose={() => setSheetOpen(false)} />
    </div>
  );
}
