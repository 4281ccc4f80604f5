// Of something that was done with one press, without a dialog that could show what went wrong.
import { notifications } from '@mantine/notifications';

import { asProblem } from '../api/problem';
import { text } from '../text';

export function notifyProblem(error: unknown) {
  const { problem } = asProblem(error);
  const closeButtonProps = { 'aria-label': text.actions.close };
  notifications.show({ color: 'red', title: problem.detail, message: problem.remedy, autoClose: false, closeButtonProps });
}
