export { MOST, textOf, useBytes } from "./body/bytes";
export { isJson } from "./body/views";
export { Detail, type DetailProps } from "./Detail";
export { headerOf, mediaType, messageOf, type Side, useExchange } from "./exchange";
export { LINE, Lines } from "./Lines";
