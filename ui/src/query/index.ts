export { type Looked, useChecked, type Written } from "./checked";
export { PageFilter, QueryField } from "./QueryField";
export { QueryInput } from "./QueryInput";
export { type Suggestion, suggestionsOf } from "./suggestions";
