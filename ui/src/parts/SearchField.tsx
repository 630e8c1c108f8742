import { Search, X } from "lucide-react";
import type { Ref } from "react";
import { Button } from "react-aria-components/Button";
import { Input } from "react-aria-components/Input";
import { SearchField as AriaSearchField } from "react-aria-components/SearchField";
import { classes } from "./classes";
import styles from "./Field.module.css";

export interface SearchFieldProps {
  label: string;
  placeholder?: string;
  value: string;
  onChange: (value: string) => void;
  onSubmit?: (value: string) => void;
  ref?: Ref<HTMLInputElement>;
  className?: string;
}

export function SearchField({ label, placeholder, value, onChange, onSubmit, ref, className }: SearchFieldProps) {
  return (
    <AriaSearchField
      aria-label={label}
      value={value}
      onChange={onChange}
      {...(onSubmit && { onSubmit })}
      className={classes(styles.search, className)}
    >
      <Search aria-hidden className={styles.icon} />
      <Input
        ref={ref}
        placeholder={placeholder ?? label}
        spellCheck={false}
        autoComplete="off"
        className={styles.input ?? ""}
      />
      <Button aria-label="Clear" className={styles.clear ?? ""}>
        <X />
      </Button>
    </AriaSearchField>
  );
}
