// Every English sentence of the pages, by the page that says it.
import { admin } from './admin';
import { chat } from './chat';
import { common } from './common';
import { onboarding } from './onboarding';
import { settings } from './settings';
import { shell } from './shell';

export const text = { ...common, shell, onboarding, chat, settings, admin } as const;
