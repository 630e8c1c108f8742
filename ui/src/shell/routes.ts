import { Cable, CircleHelp, Clock, Gauge, Layers, ListTree, type LucideIcon, Settings } from "lucide-react";
import { type ComponentType, type LazyExoticComponent, lazy } from "react";
import type { KeyId } from "./keys";

export interface Route {
  path: string;
  label: string;
  page: LazyExoticComponent<ComponentType>;
}

export interface NavigationRoute extends Route {
  icon: LucideIcon;
  key: KeyId;
}

/** The pages of the navigation, in its order. A page is the default export of its room. */
export const NAVIGATION: readonly NavigationRoute[] = [
  { path: "/traffic", label: "Traffic", icon: ListTree, key: "goTraffic", page: lazy(() => import("../traffic")) },
  { path: "/history", label: "History", icon: Clock, key: "goHistory", page: lazy(() => import("../history")) },
  { path: "/overview", label: "Overview", icon: Gauge, key: "goOverview", page: lazy(() => import("../overview")) },
  { path: "/sessions", label: "Sessions", icon: Layers, key: "goSessions", page: lazy(() => import("../sessions")) },
  { path: "/connect", label: "Connect", icon: Cable, key: "goConnect", page: lazy(() => import("../connect")) },
  { path: "/missing", label: "Missing", icon: CircleHelp, key: "goMissing", page: lazy(() => import("../missing")) },
  { path: "/settings", label: "Settings", icon: Settings, key: "goSettings", page: lazy(() => import("../settings")) },
];

/** All pages. The server answers each of these paths (`wireglass.api.web.PATHS`). */
export const ROUTES: readonly Route[] = [
  ...NAVIGATION,
  { path: "/compare", label: "Compare", page: lazy(() => import("../compare")) },
  { path: "/exchange/:id", label: "Exchange", page: lazy(() => import("../detail/ExchangePage")) },
];
