import { X } from "lucide-react";
import { type ReactNode, useId, useState } from "react";
import { Dialog as AriaDialog } from "react-aria-components/Dialog";
import { Heading } from "react-aria-components/Heading";
import { Modal, ModalOverlay } from "react-aria-components/Modal";
import { Button } from "./Button";
import styles from "./Dialog.module.css";
import { ErrorText } from "./ErrorText";
import { IconButton } from "./IconButton";

export interface DialogProps {
  title: string;
  isOpen: boolean;
  onClose: () => void;
  children: ReactNode;
  /** Buttons, the one that goes on last. */
  footer?: ReactNode;
  isWide?: boolean;
}

export function Dialog({ title, isOpen, onClose, children, footer, isWide = false }: DialogProps) {
  return (
    <ModalOverlay
      isOpen={isOpen}
      onOpenChange={(opened) => !opened && onClose()}
      isDismissable
      className={styles.overlay ?? ""}
    >
      <Modal className={`${styles.modal} ${isWide ? styles.wide : ""}`}>
        <AriaDialog className={styles.dialog ?? ""}>
          <header className={styles.header}>
            <Heading slot="title" level={2}>
              {title}
            </Heading>
            <IconButton label="Close" icon={<X />} onPress={onClose} />
          </header>
          <div className={styles.content}>{children}</div>
          {footer && <footer className={styles.footer}>{footer}</footer>}
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}

export interface ConfirmDialogProps {
  title: string;
  isOpen: boolean;
  onClose: () => void;
  /** What will be, and whether it can be undone. */
  children: ReactNode;
  /** Words of the button: what it does, never "OK". */
  action: string;
  isDanger?: boolean;
  /** It asks for something: its fields have the focus, and Enter in one of them is the action. */
  hasFields?: boolean;
  /** The dialog closes when it is done; an error is shown in it. */
  onConfirm: () => Promise<unknown>;
}

export function ConfirmDialog(props: ConfirmDialogProps) {
  const { action, isDanger = false, hasFields = false, onConfirm, onClose, children, ...rest } = props;
  const form = useId();
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);

  function close() {
    setError(null);
    onClose();
  }

  async function confirm() {
    if (isBusy) return;
    setBusy(true);
    setError(null);
    try {
      await onConfirm();
      close();
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  }

  const footer = (
    <>
      <Button onPress={close} autoFocus={isDanger && !hasFields}>
        Cancel
      </Button>
      {/* Disabled in words alone: a button that is disabled loses the focus, and Esc would reach no dialog any more. Not
          react-aria's isPending: that has itself announced by an element that outlives the dialog, and its name. */}
      <Button
        kind={isDanger ? "danger" : "primary"}
        type="submit"
        form={form}
        aria-disabled={isBusy}
        autoFocus={!isDanger && !hasFields}
      >
        {action}
      </Button>
    </>
  );
  return (
    <Dialog {...rest} onClose={close} footer={footer}>
      <form
        id={form}
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          void confirm();
        }}
      >
        {children}
        {error !== null && <ErrorText error={error} />}
      </form>
    </Dialog>
  );
}
