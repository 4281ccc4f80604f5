// A page that throws is replaced by what to do; the rest of the window goes on.
import { Alert, Button, Text } from '@mantine/core';
import { Component, type ReactNode } from 'react';

import { text } from '../text';

interface ErrorBoundaryProps {
  children: ReactNode;
  resetKey: string; // another one (another page) is tried anew
}

interface ErrorBoundaryState {
  failed: boolean;
  shown: string; // the resetKey of what is shown
}

export class ErrorBoundary extends Component<ErrorBoundaryProps, ErrorBoundaryState> {
  override state: ErrorBoundaryState = { failed: false, shown: this.props.resetKey };

  static getDerivedStateFromError(): Partial<ErrorBoundaryState> {
    return { failed: true };
  }

  static getDerivedStateFromProps(props: ErrorBoundaryProps, state: ErrorBoundaryState): ErrorBoundaryState | null {
    return props.resetKey === state.shown ? null : { failed: false, shown: props.resetKey };
  }

  override componentDidCatch(error: unknown) {
    console.error(error);
  }

  override render() {
    if (!this.state.failed) return this.props.children;
    return (
      <Alert color="red" title={text.problems.unexpectedDetail} role="alert">
        <Text size="sm" mb="sm">
          {text.problems.unexpectedRemedy}
        </Text>
        <Button size="xs" variant="default" onClick={() => window.location.reload()}>
          {text.problems.reload}
        </Button>
      </Alert>
    );
  }
}
