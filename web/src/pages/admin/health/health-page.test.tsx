import { screen } from '@testing-library/react';
import { beforeEach, describe, expect, it } from 'vitest';

import { expectAccessible, renderPage } from '../../../test/render-page';
import { Reply, server } from '../../../test/server';
import { HealthPage } from './health-page';

const metrics = `# HELP mosaic_containers Agents by kind and status.
# TYPE mosaic_containers gauge
mosaic_containers{kind="user",status="running"} 3
mosaic_containers{kind="system",status="running"} 2
mosaic_open_chat_streams 4
mosaic_wake_duration_seconds_bucket{kind="user",start="cold",le="10"} 3
mosaic_wake_duration_seconds_bucket{kind="user",start="cold",le="+Inf"} 4
mosaic_wake_duration_seconds_count{kind="user",start="cold"} 4
mosaic_build_info{version="1.2.3"} 1
`;
const check = (name: string, reason?: string) => ({ name, ok: !reason, reason });

beforeEach(() => {
  server.on('GET /metrics', metrics).on('GET /readyz', { status: 'ready', checks: [check('database'), check('engine')] });
});

describe('the health page', () => {
  it('says that all is well and draws what the controller measures', async () => {
    renderPage(<HealthPage />);
    expect(await screen.findByRole('img', { name: 'Agents running: now 5, highest 5' })).toBeVisible();
    expect(screen.getByText('Ready')).toBeVisible();
    expect(screen.getByText('Version 1.2.3')).toBeVisible();
    expect(screen.getByText('> 10 s', { selector: 'td *' })).toBeVisible();
    await expectAccessible();
  });

  it('says why it is not ready, which is an answer and no failure', async () => {
    server.on('GET /readyz', new Reply(503, { status: 'not ready', checks: [check('database'), check('engine', 'the engine does not answer')] }));
    renderPage(<HealthPage />);
    expect(await screen.findByText(/the engine does not answer/)).toBeVisible();
    expect(screen.getByText('Not ready')).toBeVisible();
  });

  it('draws nothing of the controller in a process without one', async () => {
    server.on('GET /readyz', { status: 'ready', checks: [check('database')] });
    renderPage(<HealthPage />);
    expect(await screen.findByRole('img', { name: 'Open chats: now 4, highest 4' })).toBeVisible();
    expect(await screen.findByText(/measured by the controller/)).toBeVisible();
    expect(screen.queryByRole('img', { name: /Agents running/ })).toBeNull();
  });
});
