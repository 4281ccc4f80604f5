// Where one is, what is done, and a way back and forth.
import { UnstyledButton } from '@mantine/core';
import { IconCheck } from '@tabler/icons-react';

import { text } from '../../text';
import classes from './onboarding.module.css';
import { isDone, type SetUp, type StepName, stepNames } from './wizard-steps';

const words = text.onboarding;

interface StepListProps {
  setUp: SetUp;
  current: StepName;
  onChoose: (step: StepName) => void;
}

export function StepList({ setUp, current, onChoose }: StepListProps) {
  return (
    <nav aria-label={words.progress}>
      <ol className={classes.steps}>
        {stepNames.map((step, index) => {
          const done = isDone(step, setUp);
          const reachable = step === 'breakglass' || setUp.breakglass.done;
          return (
            <li key={step}>
              <UnstyledButton
                className={classes.step}
                data-current={step === current || undefined}
                aria-current={step === current ? 'step' : undefined}
                disabled={!reachable}
                onClick={() => onChoose(step)}
              >
                <span className={classes.number} data-done={done || undefined} aria-hidden>
                  {done ? <IconCheck size={14} stroke={3} /> : index + 1}
                </span>
                <span className={classes.label}>{words.steps[step]}</span>
                {done && <span className="visually-hidden">{words.done}</span>}
              </UnstyledButton>
            </li>
          );
        })}
      </ol>
    </nav>
  );
}
