// docs/API-REFERENCE.md says what api/openapi.yaml says: no more, no less, and its links lead somewhere.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { contract, operations } from './contract.mjs';
import { anchor, reference, reference_file } from './reference.mjs';

const written = fs.readFileSync(reference_file, 'utf8');
const headings = [...written.matchAll(/^#+ (.+)$/gm)].map((match) => match[1]);

test('the reference is what the contract says now', () => {
  assert.equal(written, reference(), 'docs/API-REFERENCE.md is out of date; write it anew with: ./dev reference');
});

test('every operation and every shape of the contract has one chapter', () => {
  assert.ok(operations.length > 0);
  for (const { method, path } of operations)
    assert.equal(headings.filter((heading) => heading === `\`${method} ${path}\``).length, 1, `${method} ${path}`);
  for (const name of Object.keys(contract.components.schemas))
    assert.equal(headings.filter((heading) => heading === `Shape ${name}`).length, 1, name);
});

test('every field of a named shape is in it', () => {
  for (const [name, schema] of Object.entries(contract.components.schemas)) {
    const chapter = written.split(`### Shape ${name}\n`)[1].split('\n### ')[0];
    for (const field of Object.keys((schema.items ?? schema).properties ?? {})) assert.ok(chapter.includes(`| \`${field}\` |`), `${name}.${field}`);
  }
});

test('every link within the reference leads to exactly one heading', () => {
  const links = [...written.matchAll(/\]\(#([^)]+)\)/g)].map((match) => match[1]);
  assert.ok(links.length > operations.length);
  const anchors = headings.map(anchor);
  for (const link of new Set(links)) assert.equal(anchors.filter((each) => each === link).length, 1, `#${link}`);
});
