// api/openapi.yaml as a judge of answers: each must be one that its operation documents, in the shape that it documents.
import Ajv from 'ajv/dist/2020.js';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import YAML from 'yaml';

export const contract = YAML.parse(fs.readFileSync(new URL('../../api/openapi.yaml', import.meta.url), 'utf8'));

const ajv = new Ajv({ strict: false, allErrors: true, allowUnionTypes: true });
ajv.addSchema(contract, 'contract');

const methods = ['get', 'put', 'post', 'patch', 'delete'];

export const operations = Object.entries(contract.paths).flatMap(([path, item]) =>
  methods.filter((method) => item[method]).map((method) => ({ path, method: method.toUpperCase(), ...item[method] })),
);
export const operation = (id) => operations.find((each) => each.operationId === id);

const pointer = (part) => part.replaceAll('~', '~0').replaceAll('/', '~1');

function resolved(value, place) {
  return value.$ref ? { value: value.$ref.slice(2).split('/').reduce((node, key) => node[key], contract), place: value.$ref.slice(1) } : { value, place };
}

const validators = new Map();
function validator(place) {
  if (!validators.has(place)) validators.set(place, ajv.compile({ $ref: `contract#${place.split('/').map(encodeURIComponent).join('/')}` }));
  return validators.get(place);
}

export function judge(which, answer) {
  const where = `${which.operationId} ${answer.method} ${answer.path}: ${answer.status} ${answer.text.slice(0, 400)}`;
  const base = `/paths/${pointer(which.path)}/${which.method.toLowerCase()}/responses`;
  const status = which.responses[answer.status] ? String(answer.status) : 'default';
  assert.ok(which.responses[status], `undocumented status: ${where}`);
  assert.ok(status !== 'default' || answer.status >= 400, `undocumented success: ${where}`);
  const { value: response, place } = resolved(which.responses[status], `${base}/${status}`);
  if (!response.content) {
    assert.equal(answer.text, '', `a body where none is documented: ${where}`);
    return;
  }
  const content = response.content[answer.type];
  assert.ok(content, `undocumented content type ${answer.type}: ${where}`);
  if (!answer.type.endsWith('json')) return;
  const validate = validator(`${place}/content/${pointer(answer.type)}/schema`);
  assert.ok(validate(answer.json), `${where}\n${JSON.stringify(validate.errors?.slice(0, 5))}`);
}
