// A box of text that grows at its end, and stays there while the end is what one looks at.
import { type ReactNode, useLayoutEffect, useRef } from 'react';

const nearPx = 80;

interface ScrolledToEndProps {
  watched: unknown; // another one: it may have grown
  label: string;
  className?: string;
  children: ReactNode;
}

export function ScrolledToEnd({ watched, label, className, children }: ScrolledToEndProps) {
  const box = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  useLayoutEffect(() => {
    if (box.current && atEnd.current) box.current.scrollTop = box.current.scrollHeight;
  }, [watched]);
  const onScroll = () => {
    const { scrollTop, scrollHeight, clientHeight } = box.current!;
    atEnd.current = scrollHeight - scrollTop - clientHeight < nearPx;
  };
  return (
    <div ref={box} className={className} onScroll={onScroll} tabIndex={0} role="region" aria-label={label}>
      {children}
    </div>
  );
}
