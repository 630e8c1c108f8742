export { addressOf, useGo, useParameter } from "./address";
export { useFilter, useNarrow } from "./filter";
export { nextFrame } from "./frames";
export { drawn, isKey, KEYS, type KeyId, shortcutOf, useKeys } from "./keys";
export { PageLayout } from "./PageLayout";
export { setTheme, THEMES, useTheme } from "./theme";
export { closeToast, tell, tellError } from "./toasts";
export { clock, count, duration, moment, number, size, ZONE } from "./words";
