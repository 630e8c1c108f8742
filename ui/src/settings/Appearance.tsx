import { Select } from "../parts";
import { setTheme, THEMES, useTheme } from "../shell";

export function Appearance() {
  return (
    <Select
      label="Theme"
      options={THEMES.map(({ id, label }) => ({ value: id, label }))}
      value={useTheme()}
      onChange={setTheme}
    />
  );
}
