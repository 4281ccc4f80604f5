// The library's components as this product wants them. Colours and fonts are in theme.json, from which the build writes
// theme.gen.css.
import { createTheme, Drawer, type MantineThemeOverride, Menu, Modal, Tooltip } from '@mantine/core';

import values from './theme.json';

export const theme = createTheme({
  ...(values as MantineThemeOverride),
  components: {
    // The scroll lock writes a <style> element, which the policy refuses.
    Modal: Modal.extend({ defaultProps: { lockScroll: false, centered: true } }),
    Drawer: Drawer.extend({ defaultProps: { lockScroll: false } }),
    // The placeholder is a child that a menu may not have; without it the first item has the focus.
    Menu: Menu.extend({ defaultProps: { withInitialFocusPlaceholder: false } }),
    Tooltip: Tooltip.extend({ defaultProps: { openDelay: 300, events: { hover: true, focus: true, touch: false } } }),
  },
});
