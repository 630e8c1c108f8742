import { Check, Copy, TriangleAlert } from "lucide-react";
import { useEffect, useState } from "react";
import { Button, type ButtonProps } from "./Button";
import { copy } from "./copy";
import { IconButton } from "./IconButton";

export interface CopyButtonProps {
  /** What it copies, in words: "Copy the URL". */
  label: string;
  /** The text, or what makes it when it is wanted. */
  text: string | (() => string | Promise<string>);
  /** With the words beside the icon. */
  hasText?: boolean;
  /** Of a button with words. */
  kind?: ButtonProps["kind"];
  className?: string | undefined;
}

const SHOWN = 1500; // milliseconds

export function CopyButton({ label, text, hasText = false, kind = "plain", className }: CopyButtonProps) {
  const [outcome, setOutcome] = useState<"" | "copied" | "failed">("");

  useEffect(() => {
    if (outcome !== "copied") return;
    const timer = setTimeout(() => setOutcome(""), SHOWN);
    return () => clearTimeout(timer);
  }, [outcome]);

  async function press() {
    try {
      await copy(typeof text === "string" ? text : await text());
      setOutcome("copied");
    } catch {
      setOutcome("failed");
    }
  }

  const words = outcome === "copied" ? "Copied" : outcome === "failed" ? "Not copied: the browser refuses it" : label;
  const icon = outcome === "copied" ? <Check /> : outcome === "failed" ? <TriangleAlert /> : <Copy />;
  const button = hasText ? (
    <Button kind={kind} icon={icon} onPress={press} className={className}>
      {words}
    </Button>
  ) : (
    <IconButton label={words} icon={icon} onPress={press} className={className} />
  );
  return (
    <>
      {button}
      <span role="status" className="visually-hidden">
        {outcome && words}
      </span>
    </>
  );
}
