import { notifications } from '@mantine/notifications';

import { text } from '../text';
import { type Effects, restartsOf } from './effect-list';

export function notifyDone(message: string) {
  notifications.show({ color: 'teal', message, closeButtonProps: { 'aria-label': text.actions.close } });
}

// After a change: what it restarts.
export function notifyEffects(effects: Effects) {
  notifyDone(text.effects.applied(restartsOf(effects)));
}
