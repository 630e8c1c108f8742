import { CircleAlert, X } from "lucide-react";
import { Button, CodeWords, IconButton } from "../parts";
import styles from "./Toasts.module.css";
import { closeToast, useToasts } from "./toasts";

/** Always there, also without a toast: screen readers tell what comes into a region that they know already. */
export function Toasts() {
  const toasts = useToasts();
  return (
    <section aria-label="Messages" aria-live="polite" className={styles.region}>
      {toasts.map(({ id, text, hint, isError, action }) => (
        <div key={id} className={`${styles.toast} ${isError ? styles.error : ""}`}>
          {isError && <CircleAlert aria-label="Error" />}
          <p>
            <CodeWords text={text} />{" "}
            {hint && (
              <span className={styles.hint}>
                <CodeWords text={hint} />
              </span>
            )}
          </p>
          {action && (
            <Button
              kind="quiet"
              onPress={() => {
                closeToast(id);
                action.onPress();
              }}
            >
              {action.label}
            </Button>
          )}
          <IconButton label="Close this message" icon={<X />} onPress={() => closeToast(id)} />
        </div>
      ))}
    </section>
  );
}
