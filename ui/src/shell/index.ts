export { addressOf, useGo, useParameter } from "./address";
export { drawn, KEYS, useKeys } from "./keys";
export { PageLayout } from "./PageLayout";
export { useTheme } from "./theme";
export { closeToast, tell, tellError } from "./toasts";
export { clock, count, duration, moment, number, size } from "./words";
