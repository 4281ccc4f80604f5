// A reply's Markdown. No raw HTML (it is shown as text), links open elsewhere without telling where from, pictures of
// other sites are links: nothing of a reply makes the browser ask anybody anything by itself.
import { ActionIcon, Anchor, CopyButton, Tooltip } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import { Children, isValidElement, memo, type ReactNode } from 'react';
import ReactMarkdown, { type Components } from 'react-markdown';
import remarkGfm from 'remark-gfm';

import { text } from '../../text';
import classes from './markdown.module.css';

function plainText(node: ReactNode): string {
  return Children.toArray(node)
    .map((child) => {
      if (typeof child === 'string' || typeof child === 'number') return String(child);
      return isValidElement<{ children?: ReactNode }>(child) ? plainText(child.props.children) : '';
    })
    .join('');
}

function CodeBlock({ children }: { children?: ReactNode }) {
  return (
    <div className={classes.code}>
      <CopyButton value={plainText(children)}>
        {({ copied, copy }) => (
          <Tooltip label={copied ? text.actions.copied : text.chat.copyCode}>
            <ActionIcon className={classes.copy} variant="default" size="sm" onClick={copy} aria-label={copied ? text.actions.copied : text.chat.copyCode}>
              {copied ? <IconCheck size={14} aria-hidden /> : <IconCopy size={14} aria-hidden />}
            </ActionIcon>
          </Tooltip>
        )}
      </CopyButton>
      <pre tabIndex={0}>{children}</pre>
    </div>
  );
}

const components: Components = {
  a: ({ href, children }) => (
    <Anchor href={href} target="_blank" rel="noopener noreferrer" underline="always" inherit>
      {children}
    </Anchor>
  ),
  img: ({ src, alt }) => (
    <Anchor href={typeof src === 'string' ? src : undefined} target="_blank" rel="noopener noreferrer" underline="always" inherit>
      {alt || (typeof src === 'string' ? src : '')}
    </Anchor>
  ),
  pre: CodeBlock,
  table: ({ children }) => (
    <div className={classes.table} tabIndex={0}>
      <table>{children}</table>
    </div>
  ),
};

export const Markdown = memo(function Markdown({ children }: { children: string }) {
  return (
    <div className={classes.markdown}>
      <ReactMarkdown remarkPlugins={[remarkGfm]} components={components}>
        {children}
      </ReactMarkdown>
    </div>
  );
});
