// Every sentence that people read is in this folder: no page and no component has one of its own.
import ts from 'typescript';
import { expect, it } from 'vitest';

const sources = import.meta.glob<string>(['../**/*.tsx', '!../**/*.test.tsx'], { query: '?raw', import: 'default', eager: true });
const spoken = ['label', 'title', 'description', 'placeholder', 'alt', 'aria-label', 'aria-description'];
const hasWord = (value: string) => /\p{Letter}{2,}/u.test(value);

export function sentencesIn(file: string, source: string): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node) => {
    if (ts.isJsxText(node) && hasWord(node.text)) found.push(node.text.trim());
    if (ts.isJsxAttribute(node) && node.initializer && ts.isStringLiteral(node.initializer)) {
      if (spoken.includes(node.name.getText()) && hasWord(node.initializer.text)) found.push(node.initializer.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true, ts.ScriptKind.TSX));
  return found.map((words) => `${file}: ${words}`);
}

it('knows a sentence when it sees one', () => {
  expect(sentencesIn('a.tsx', `const a = <p title="Hello">Good <b>{words.day}</b> · {1}</p>;`)).toEqual(['a.tsx: Hello', 'a.tsx: Good']);
});

it('finds none outside', () => {
  expect(Object.keys(sources).length).toBeGreaterThan(50);
  expect(Object.entries(sources).flatMap(([file, source]) => sentencesIn(file, source))).toEqual([]);
});
