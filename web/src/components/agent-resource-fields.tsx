// What one agent may use, for everybody who edits an agent: the same bounds, steps and defaults everywhere.
import { NumberInput, TextInput } from '@mantine/core';

import type { Schemas } from '../api/client';
import { text } from '../text';
import { fieldError } from './fields';

const words = text.admin.resources;

// A field that is empty means the fleet's default.
export interface AgentResources {
  memoryMb: number | string;
  cpuMilli: number | string;
  image: string;
}

interface AgentResourceFieldsProps {
  draft: AgentResources;
  onChange: (change: Partial<AgentResources>) => void;
  limits: Schemas['Limits'] | undefined;
  error?: unknown;
  imageClassName?: string;
}

export function AgentResourceFields({ draft, onChange, limits, error, imageClassName }: AgentResourceFieldsProps) {
  return (
    <>
      <NumberInput
        label={words.memory}
        description={limits && words.fleetDefault(limits.memoryMb)}
        value={draft.memoryMb}
        onChange={(memoryMb) => onChange({ memoryMb })}
        min={64}
        max={1_048_576}
        step={256}
        allowDecimal={false}
        error={fieldError(error, 'memoryMb')}
      />
      <NumberInput
        label={words.cpu}
        description={limits && words.fleetDefault(limits.cpuMilli)}
        value={draft.cpuMilli}
        onChange={(cpuMilli) => onChange({ cpuMilli })}
        min={100}
        max={256_000}
        step={100}
        allowDecimal={false}
        error={fieldError(error, 'cpuMilli')}
      />
      <TextInput
        className={imageClassName}
        label={words.image}
        description={limits && words.fleetDefault(limits.image)}
        value={draft.image}
        onChange={(event) => onChange({ image: event.currentTarget.value })}
        spellCheck={false}
        error={fieldError(error, 'image')}
      />
    </>
  );
}
