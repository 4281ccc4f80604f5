import { Group, Text } from '@mantine/core';
import { Link } from 'react-router';

import { text } from '../text';
import classes from './logo.module.css';

export function Logo() {
  return (
    <Link to="/" className={classes.link}>
      <Group gap={8} wrap="nowrap">
        <img src="/favicon.svg" alt="" width={26} height={26} />
        <Text fw={700} component="span">
          {text.product}
        </Text>
      </Group>
    </Link>
  );
}
