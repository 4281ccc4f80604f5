// Writes the theme's CSS variables into a stylesheet. The library would put them into a <style> element at run time,
// which our Content-Security-Policy does not let run.
import fs from 'node:fs';

import { convertCssVariables, createTheme, defaultCssVariablesResolver, DEFAULT_THEME, mergeMantineTheme } from '@mantine/core';

const folder = new URL('../src/', import.meta.url);
const chosen = JSON.parse(fs.readFileSync(new URL('theme.json', folder)));
const variables = defaultCssVariablesResolver(mergeMantineTheme(DEFAULT_THEME, createTheme(chosen)));
fs.writeFileSync(new URL('theme.gen.css', folder), `/* Written by scripts/write-theme.mjs. */\n${convertCssVariables(variables, ':root', ':host')}\n`);
