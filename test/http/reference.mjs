// docs/API-REFERENCE.md, written from api/openapi.yaml: every operation with who may use it, what it takes and what it
// answers, and every shape they speak in. `./dev reference` writes the file; reference.test.mjs holds it to the contract.
// Pure: the same contract gives the same text.
import fs from 'node:fs';
import { fileURLToPath } from 'node:url';
import { contract, operations } from './contract.mjs';

export const reference_file = new URL('../../docs/API-REFERENCE.md', import.meta.url);

// As GitHub makes a heading's anchor.
export const anchor = (heading) => heading.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, '').trim().replace(/\s/g, '-');

const access = {
  anonymous: 'everybody',
  'set-up': 'whoever holds the set-up token, or an admin, until set-up is completed',
  'signed-in': 'whoever is signed in',
  session: 'whoever is signed in with a session (no API token)',
  admin: 'admins',
  agent: 'an agent, with its own gateway token',
  network: 'whoever reaches the listener',
};

const named = (value) => (value.$ref ? value.$ref.slice(2).split('/').reduce((node, key) => node[key], contract) : value);
const cell = (text) => String(text).replace(/\s+/g, ' ').replaceAll('|', '\\|').trim();
const code = (text) => `\`${text}\``;
const sentence = (text) => (/[.?!]$/.test(text.trim()) ? text.trim() : `${text.trim()}.`);
const shape_heading = (name) => `Shape ${name}`;
const operation_heading = ({ method, path }) => `${code(`${method} ${path}`)}`;

function table(columns, rows) {
  if (rows.length === 0) return '';
  const lines = [columns, columns.map(() => '---'), ...rows.map((row) => row.map(cell))];
  return lines.map((line) => `| ${line.join(' | ')} |`).join('\n') + '\n\n';
}

function bounds(schema) {
  const range = (low, high, unit) => {
    if (low === undefined && high === undefined) return [];
    if (low === undefined) return [`at most ${high}${unit}`];
    if (high === undefined) return [`at least ${low}${unit}`];
    return [`${low} to ${high}${unit}`];
  };
  return [
    ...range(schema.minimum, schema.maximum, ''),
    ...range(schema.minLength, schema.maxLength, ' characters'),
    ...range(schema.minItems, schema.maxItems, ' items'),
    ...range(undefined, schema.maxProperties, ' entries'),
    ...(schema.pattern ? [`matches ${code(schema.pattern)}`] : []),
    ...(schema.default !== undefined ? [`default ${code(schema.default)}`] : []),
  ];
}

function type_of(schema) {
  if (schema.$ref) {
    const name = schema.$ref.split('/').pop();
    return `[${name}](#${anchor(shape_heading(name))})`;
  }
  if (schema.const !== undefined) return code(JSON.stringify(schema.const));
  if (schema.enum) return schema.enum.map((value) => code(value)).join(', ');
  const choices = schema.oneOf ?? schema.anyOf;
  if (choices) return choices.map((choice) => type_of(choice)).join(' or ');
  const types = [schema.type ?? 'anything'].flat().map((type) => {
    if (type === 'array') return `array of ${schema.items ? type_of(schema.items) : 'anything'}`;
    if (type === 'object' && typeof schema.additionalProperties === 'object')
      return `object, its values ${type_of(schema.additionalProperties)}`;
    return type;
  });
  return types.join(' or ');
}

// One row for each field, those of an object within one as outer.inner, of an array's items as outer[].inner.
function fields(schema, prefix = '') {
  return Object.entries(schema.properties ?? {}).flatMap(([name, value]) => {
    const place = `${prefix}${name}`;
    const required = (schema.required ?? []).includes(name) ? 'yes' : '';
    const meaning = [...bounds(value), value.description ?? ''].filter(Boolean).join('; ');
    const row = [code(place), type_of(value), required, meaning];
    return [row, ...fields(value, `${place}.`), ...(value.items?.properties ? fields(value.items, `${place}[].`) : [])];
  });
}

const field_table = (schema) => table(['field', 'type', 'required', 'meaning'], fields(schema));

// A shape that has a name is linked, one without is shown here.
function shape(schema) {
  const parts = schema.oneOf ?? schema.anyOf ?? [schema];
  return parts.map((part) => field_table(part)).join('');
}

function contents(content) {
  return Object.entries(content ?? {})
    .map(([type, { schema }]) => `${code(type)}: ${type_of(schema)}`)
    .join('; ');
}

function request(operation) {
  if (!operation.requestBody) return '';
  const body = named(operation.requestBody);
  const schemas = Object.values(body.content).map(({ schema }) => schema);
  return `Body${body.required ? '' : ' (may be left out)'}: ${contents(body.content)}\n\n${schemas.map(shape).join('')}`;
}

function answers(operation) {
  const rows = Object.entries(operation.responses).map(([status, value]) => {
    const response = named(value);
    return [status === 'default' ? 'otherwise' : status, response.description, contents(response.content)];
  });
  const inline = Object.values(operation.responses).flatMap((value) =>
    Object.values(named(value).content ?? {}).map(({ schema }) => shape(schema)),
  );
  return table(['status', 'answer', 'as'], rows) + inline.join('');
}

function describe(operation) {
  const parameters = (operation.parameters ?? []).map(named).map((each) => {
    const meaning = [...bounds(each.schema), each.description ?? ''].filter(Boolean).join('; ');
    return [code(each.name), each.in, type_of(each.schema), each.required ? 'yes' : '', meaning];
  });
  const scope = operation['x-scope'] ? `; an API token needs the scope ${code(operation['x-scope'])}` : '';
  return (
    `### ${operation_heading(operation)}\n\n${sentence(operation.summary)}\n\n` +
    (operation.description ? `${operation.description.trim()}\n\n` : '') +
    `For ${access[operation['x-access']]}${scope}. Operation ${code(operation.operationId)}.\n\n` +
    table(['parameter', 'in', 'type', 'required', 'meaning'], parameters) +
    request(operation) +
    answers(operation)
  );
}

function overview(tag) {
  const rows = operations
    .filter((each) => each.tags[0] === tag)
    .map((each) => [
      `[${operation_heading(each)}](#${anchor(operation_heading(each))})`,
      each.summary,
      each['x-access'] + (each['x-scope'] ? ` (${each['x-scope']})` : ''),
    ]);
  return table(['operation', 'what it does', 'for'], rows);
}

function described_shape([name, schema]) {
  const limits = bounds(schema);
  const own = schema.properties ? '' : `${type_of(schema)}${limits.length > 0 ? `; ${limits.join('; ')}` : ''}\n\n`;
  return `### ${shape_heading(name)}\n\n${own}${field_table(schema.items?.properties ? schema.items : schema)}`;
}

function credentials() {
  const rows = Object.entries(contract.components.securitySchemes).map(([name, scheme]) => {
    const place = scheme.type === 'http' ? 'header `Authorization: Bearer …`' : `${scheme.in} ${code(scheme.name)}`;
    return [code(name), place, scheme.description ?? ''];
  });
  return table(['credential', 'where', ''], rows);
}

export function reference() {
  const tags = [...new Set(operations.map((each) => each.tags[0]))];
  const title = (tag) => `${tag[0].toUpperCase()}${tag.slice(1)}`;
  const chapters = tags.map(
    (tag) => `## ${title(tag)}\n\n${overview(tag)}${operations.filter((each) => each.tags[0] === tag).map(describe).join('')}`,
  );
  const text =
    '# API reference\n\n<!-- Written by ./dev reference from api/openapi.yaml: change that, not this. -->\n\n' +
    `${contract.info.summary} How the pieces belong together says [API.md](API.md); the contract itself is ` +
    '`api/openapi.yaml`, served at `GET /api/openapi.yaml`.\n\n' +
    `${contract.info.description.trim()}\n\n${credentials()}` +
    `Chapters: ${[...tags.map(title), 'Shapes'].map((each) => `[${each}](#${anchor(each)})`).join(', ')}.\n\n` +
    `${chapters.join('')}## Shapes\n\n${Object.entries(contract.components.schemas).map(described_shape).join('')}`;
  return `${text.trimEnd()}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) fs.writeFileSync(reference_file, reference());
