import { screen } from '@testing-library/react';
import { describe, expect, it } from 'vitest';

import { renderPage } from '../../test/render-page';
import { Markdown } from './markdown';

describe('a reply', () => {
  it('shows code, lists and tables', () => {
    renderPage(<Markdown>{'# Plan\n\n1. one\n\n```js\nconst a = 1;\n```\n\n| a | b |\n| - | - |\n| 1 | 2 |'}</Markdown>);
    expect(screen.getByRole('heading', { name: 'Plan' })).toBeVisible();
    expect(screen.getByText('const a = 1;')).toBeVisible();
    expect(screen.getByRole('cell', { name: '2' })).toBeVisible();
    expect(screen.getByRole('button', { name: 'Copy the code' })).toBeVisible();
  });

  it('runs nothing: raw HTML is no HTML, and links lead to pages only', () => {
    const evil = '<script>alert(1)</script> <img src=x onerror=alert(1)> [click](javascript:alert(1)) <b>bold</b>';
    const { container } = renderPage(<Markdown>{evil}</Markdown>);
    expect(container.querySelector('script, img, b, [onerror]')).toBeNull();
    expect(container.querySelector('a[href^="javascript"]')).toBeNull();
  });

  it('makes the browser ask nobody by itself, and tells no other site where it came from', () => {
    renderPage(<Markdown>{'![a picture](https://tracker.example/p.png) and [a page](https://example.org/)'}</Markdown>);
    expect(document.querySelector('.markdown img, img')).toBeNull();
    for (const link of screen.getAllByRole('link')) {
      expect(link).toHaveAttribute('rel', 'noopener noreferrer');
      expect(link).toHaveAttribute('target', '_blank');
    }
  });
});
