export { exportHar, isRepeatable, saveBody } from "./files";
export { takeEntries } from "./menu";
export { TakeButton } from "./TakeButton";
