import { Bug } from "lucide-react";
import { Component, type ReactNode } from "react";
import { Button, CopyButton, EmptyState } from "../parts";

interface Props {
  /** Another one, such as another page, is tried anew. */
  name: string;
  children: ReactNode;
}

interface State {
  error: Error | null;
  of: string;
}

/** A mistake in one page leaves the others, and the navigation, as they are. */
export class ErrorBoundary extends Component<Props, State> {
  override state: State = { error: null, of: this.props.name };

  static getDerivedStateFromError(thrown: unknown): Partial<State> {
    return { error: thrown instanceof Error ? thrown : new Error(String(thrown)) };
  }

  static getDerivedStateFromProps({ name }: Props, { of }: State): Partial<State> | null {
    return name === of ? null : { error: null, of: name };
  }

  override render() {
    const { error } = this.state;
    if (!error) return this.props.children;
    return (
      <EmptyState
        icon={<Bug />}
        title="This page met a mistake in Wireglass"
        actions={
          <>
            <Button onPress={() => this.setState({ error: null })}>Try again</Button>
            <CopyButton label="Copy the details" text={error.stack ?? error.message} hasText />
          </>
        }
      >
        <p>{error.message}</p>
        <p>What is recorded is not touched by it. Please report it, with the details.</p>
      </EmptyState>
    );
  }
}
