// Form fields as every form has them.
import { PasswordInput, type PasswordInputProps } from '@mantine/core';

import { asProblem } from '../api/problem';
import { text } from '../text';

// The library says on a wrapper only that the field is invalid.
export function SecretInput(props: PasswordInputProps) {
  return (
    <PasswordInput
      spellCheck={false}
      aria-invalid={props.error ? true : undefined}
      {...props}
      visibilityToggleButtonProps={{ 'aria-label': text.showSecret(typeof props.label === 'string' ? props.label : ''), tabIndex: 0 }}
    />
  );
}

// What the server says about one field of the form that was sent; nothing while nothing failed.
export function fieldError(error: unknown, ...fields: string[]): string | undefined {
  if (!error) return undefined;
  const { problem } = asProblem(error);
  return problem.errors?.find((each) => fields.some((field) => each.field === field || each.field.startsWith(`${field}.`)))?.message;
}
