// As many columns as fit. The library's grids write <style> elements, which the policy refuses.
import type { ReactNode } from 'react';

import classes from './card-grid.module.css';

export function CardGrid({ children }: { children: ReactNode }) {
  return <div className={classes.grid}>{children}</div>;
}
