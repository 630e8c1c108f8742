import { FieldError } from "react-aria-components/FieldError";
import { Input } from "react-aria-components/Input";
import { Label } from "react-aria-components/Label";
import { Text } from "react-aria-components/Text";
import { TextField as AriaTextField } from "react-aria-components/TextField";
import styles from "./Field.module.css";

export interface TextFieldProps {
  label: string;
  isLabelHidden?: boolean;
  value: string;
  onChange: (value: string) => void;
  help?: string;
  /** What is wrong with the value, and what to write. */
  error?: string | undefined;
  placeholder?: string;
  isCode?: boolean;
  hasFocus?: boolean;
  maxLength?: number;
}

export function TextField(props: TextFieldProps) {
  const { label, value, onChange, help, error, placeholder, maxLength } = props;
  const { isLabelHidden = false, isCode = false, hasFocus = false } = props;
  return (
    <AriaTextField
      value={value}
      onChange={onChange}
      isInvalid={Boolean(error)}
      autoFocus={hasFocus}
      {...(maxLength !== undefined && { maxLength })}
      {...(isLabelHidden && { "aria-label": label })}
      className={styles.field ?? ""}
    >
      {!isLabelHidden && <Label className={styles.label ?? ""}>{label}</Label>}
      <Input
        placeholder={placeholder ?? ""}
        spellCheck={false}
        autoComplete="off"
        className={`${styles.box} ${isCode ? styles.code : ""}`}
      />
      {help && !error && (
        <Text slot="description" className={styles.help ?? ""}>
          {help}
        </Text>
      )}
      <FieldError className={styles.error ?? ""}>{error}</FieldError>
    </AriaTextField>
  );
}
