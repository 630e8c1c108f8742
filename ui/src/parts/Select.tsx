import { ChevronDown } from "lucide-react";
import { Button } from "react-aria-components/Button";
import { Label } from "react-aria-components/Label";
import { ListBox, ListBoxItem } from "react-aria-components/ListBox";
import { Popover } from "react-aria-components/Popover";
import { Select as AriaSelect, SelectValue } from "react-aria-components/Select";
import styles from "./Field.module.css";

export interface SelectProps<Value extends string> {
  label: string;
  isLabelHidden?: boolean;
  options: ReadonlyArray<{ value: Value; label: string }>;
  value: Value;
  onChange: (value: Value) => void;
}

export function Select<Value extends string>({
  label,
  isLabelHidden = false,
  options,
  value,
  onChange,
}: SelectProps<Value>) {
  return (
    <AriaSelect
      value={value}
      onChange={(key) => {
        const chosen = options.find((option) => option.value === key);
        if (chosen) onChange(chosen.value);
      }}
      className={styles.field ?? ""}
      {...(isLabelHidden && { "aria-label": label })}
    >
      {!isLabelHidden && <Label className={styles.label ?? ""}>{label}</Label>}
      <Button className={styles.select ?? ""}>
        <SelectValue className={styles.value ?? ""} />
        <ChevronDown aria-hidden />
      </Button>
      <Popover className={styles.popover ?? ""} offset={4}>
        <ListBox className={styles.options ?? ""}>
          {options.map((option) => (
            <ListBoxItem key={option.value} id={option.value} textValue={option.label} className={styles.option ?? ""}>
              {option.label}
            </ListBoxItem>
          ))}
        </ListBox>
      </Popover>
    </AriaSelect>
  );
}
