// What admins see and do, in a real Chromium, before the real API, database, engine and OpenClaw agents: the fleet as it
// moves, one agent's page, system agents, and every other page of theirs.
import assert from 'node:assert/strict';
import { after, before } from 'node:test';

import { Browser } from './browser.mjs';
import { chapter, walk } from './chapters.mjs';
import { until, World } from './world.mjs';

const world = new World();
const browser = new Browser();
const wakeMs = 150_000; // a cold start of a real agent, on a machine that does other things too
const password = 'correct horse battery staple';
let admin;
let alice;

before(async () => {
  await Promise.all([world.start(), browser.start()]);
});

after(async () => {
  if (walk.failed) await browser.leaveEvidence();
  await browser.stop();
  await world.stop();
});

const button = (page, name) => page.getByRole('button', { name, exact: true });
const row = (page, name) => page.getByRole('row').filter({ has: page.getByRole('link', { name, exact: true }) });

// As a page would: from our own origin, with the session's cookie.
async function ask(page, method, path, body = {}) {
  const answer = await page.evaluate(
    async ([verb, address, sent]) => {
      const response = await fetch(address, { method: verb, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(sent) });
      return { status: response.status, text: await response.text() };
    },
    [method, path, body],
  );
  assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${answer.text}`);
  return answer;
}

function providerOf(who) {
  const models = ['cogito', 'sage'].map((id) => ({ id, name: id }));
  return { name: 'local', type: 'custom', baseUrl: `http://${world.providerAddress}/v1`, apiKey: world.keys[who], models };
}

async function setUp() {
  const token = new URL(world.setUpLink).hash.replace('#token=', '');
  const post = async (path, body) => {
    const headers = { 'Content-Type': 'application/json', 'X-Mosaic-Setup-Token': token };
    const answer = await fetch(`${world.url}/api/onboarding/${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    assert.equal(answer.status, 200, `${path}: ${await answer.text()}`);
  };
  await post('breakglass', { username: 'grace', password });
  await post('oidc', { skip: true });
  await post('provider', providerOf('admin'));
  await post('agents', { agents: [] });
  await post('complete', {});
}

async function signIn(page, name, next) {
  await page.goto(`${world.url}${next}`);
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill(name);
  await page.getByRole('textbox', { name: 'Password', exact: true }).fill(password);
  await button(page, 'Sign in').click();
  await page.waitForURL(`${world.url}${next}`);
}

chapter('the fleet page shows an agent that its owner starts, and each of its steps, without a reload', async () => {
  await setUp();
  await world.addPerson('alice', password);
  admin = await browser.person('admin', [/status of 401/]);
  alice = await browser.person('alice', [/status of 401/]);
  await signIn(admin, 'grace', '/admin/fleet');
  await admin.getByText('No agent yet').waitFor();
  await admin.getByText('Live', { exact: true }).waitFor();
  await browser.look(admin, 'admins-fleet-empty');
  await admin.evaluate(() => (window.neverReloaded = true));

  await signIn(alice, 'alice', '/settings/tokens');
  await ask(alice, 'POST', '/api/container/start');
  await row(admin, 'alice').getByText('Failed', { exact: true }).waitFor();
  await row(admin, 'alice').getByText(/Add a provider/).waitFor();
  await browser.look(admin, 'admins-fleet-failed');
  await ask(alice, 'POST', '/api/providers', providerOf('alice'));
  await row(admin, 'alice').getByText('Starting', { exact: true }).waitFor({ timeout: wakeMs });
  await row(admin, 'alice').getByText('Running', { exact: true }).waitFor({ timeout: wakeMs });
  assert.equal(await admin.evaluate(() => window.neverReloaded), true);
});

chapter('an admin stops and starts it from its menu, and sees why it is as it is', async () => {
  await button(admin, 'Actions for alice').click();
  await browser.look(admin, 'admins-fleet-menu');
  await admin.getByRole('menuitem', { name: 'Stop' }).click();
  await admin.getByRole('dialog').getByRole('button', { name: 'Stop' }).click();
  await row(admin, 'alice').getByText('Asleep', { exact: true }).waitFor({ timeout: wakeMs });
  await row(admin, 'alice').getByText('stopped on request').waitFor();
  await button(admin, 'Actions for alice').click();
  await admin.getByRole('menuitem', { name: 'Start', exact: true }).click();
  await row(admin, 'alice').getByText('Running', { exact: true }).waitFor({ timeout: wakeMs });
  assert.equal(await admin.evaluate(() => window.neverReloaded), true);
});

chapter('one agent’s page tells what happened to it and how long its starts took', async () => {
  await admin.getByRole('link', { name: 'alice' }).click();
  await admin.getByRole('heading', { level: 1, name: 'alice' }).waitFor();
  await admin.getByRole('img', { name: /^How long its starts took: 2 starts/ }).waitFor();
  await admin.getByRole('list', { name: 'What happened' }).getByText('StopRequested').waitFor();
  await admin.getByRole('table', { name: 'Conditions' }).getByText('Answers', { exact: true }).waitFor();
  await admin.getByText(/MiB of 1536 MiB/).waitFor(); // as the engine measures it
  await browser.look(admin, 'admins-agent');
  await admin.getByRole('textbox', { name: 'Memory (MiB)' }).fill('1600');
  await button(admin, 'Save').click();
  await admin.getByRole('dialog').getByText('restarts, once running turns have ended').waitFor();
  await browser.look(admin, 'admins-agent-confirm');
  await admin.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
});

chapter('a system agent is made from a default role, runs, and is edited', async () => {
  await admin.getByRole('link', { name: 'System agents' }).click();
  await button(admin, 'Make mosaic-research').waitFor();
  await browser.look(admin, 'admins-system-agents-empty');
  await button(admin, 'Make mosaic-research').click();
  const dialog = admin.getByRole('dialog');
  await dialog.getByRole('textbox', { name: 'Model' }).or(dialog.getByRole('combobox', { name: 'Model' })).first().click();
  await admin.getByRole('option', { name: 'local/cogito' }).click();
  await browser.look(admin, 'admins-system-agent-new');
  await dialog.getByRole('button', { name: 'Make it' }).click();
  const card = admin.getByRole('listitem').filter({ has: admin.getByRole('link', { name: 'mosaic-research' }) });
  await card.getByText('Running', { exact: true }).waitFor({ timeout: wakeMs });
  await browser.look(admin, 'admins-system-agents');
  await button(admin, 'Edit mosaic-research').click();
  await dialog.getByRole('textbox', { name: 'Model' }).or(dialog.getByRole('combobox', { name: 'Model' })).first().click();
  await admin.getByRole('option', { name: 'local/sage' }).click();
  await dialog.getByRole('button', { name: 'Save' }).click();
  const confirm = admin.getByRole('dialog', { name: 'Change mosaic-research?' });
  await confirm.getByText('takes the change over while it runs').waitFor();
  await confirm.getByRole('button', { name: 'Save' }).click();
  await admin.getByText('Saved. Nothing restarts.').waitFor();
});

chapter('limits, sign-in, users, audit and health show what is so, and the change that is made', async () => {
  await admin.getByRole('link', { name: 'Limits' }).click();
  assert.equal(await admin.getByRole('textbox', { name: 'Image' }).isDisabled(), true, 'the environment fixes the image');
  await browser.look(admin, 'admins-limits');
  await admin.getByRole('textbox', { name: 'Longest idle time (minutes)' }).fill('600');
  await button(admin, 'Save…').click();
  await admin.getByRole('dialog').getByText('Nothing has to restart.').waitFor();
  await admin.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
  await admin.getByText('Saved. Nothing restarts.').last().waitFor();

  await admin.getByRole('link', { name: 'Sign-in' }).click();
  await admin.getByRole('table', { name: 'Administrators with a password' }).getByText('grace').waitFor();
  await admin.getByRole('textbox', { name: 'Issuer URL' }).fill(`http://${world.providerAddress}`);
  await button(admin, 'Test connection').click();
  await admin.getByText('This address may not be used.').waitFor(); // the real API judged it: no https
  await browser.look(admin, 'admins-auth');

  await admin.getByRole('link', { name: 'Users' }).click();
  await admin.getByRole('switch', { name: 'alice may have an agent' }).waitFor();
  await browser.look(admin, 'admins-users');

  await admin.getByRole('link', { name: 'Audit' }).click();
  await admin.getByText('limits.update').waitFor();
  await admin.getByText('idleTimeoutMinMax = 600').waitFor();
  await browser.look(admin, 'admins-audit');

  await admin.getByRole('link', { name: 'Health' }).click();
  await admin.getByRole('img', { name: /^Streamed kB per second: now 0\.0/ }).waitFor(); // after two looks
  await browser.look(admin, 'admins-health');
});

chapter('by keyboard alone one gets past the navigation, into an agent’s menu, and out of it again', async () => {
  const focused = (what) => admin.waitForFunction((wanted) => document.activeElement?.matches(wanted), what);
  await admin.goto(`${world.url}/admin/fleet`);
  await row(admin, 'alice').waitFor();
  await admin.keyboard.press('Tab');
  await focused('a[href="#content"]');
  await admin.keyboard.press('Enter');
  await focused('main');
  for (const what of ['button', 'input', 'input']) {
    await admin.keyboard.press('Tab');
    await focused(`main ${what}`);
  }
  await button(admin, 'Actions for alice').focus();
  await admin.keyboard.press('Enter');
  await focused('[role=menu] a[href^="/admin/fleet/user/"]');
  await admin.keyboard.press('ArrowDown');
  await focused('[role=menu] button:not([disabled])');
  await admin.keyboard.press('Escape');
  await admin.getByRole('menu').waitFor({ state: 'detached' });
  await focused('[aria-label="Actions for alice"]');
});

chapter('whoever may have no agent has none that runs, and a purge removes what it kept', async () => {
  await admin.getByRole('link', { name: 'Users' }).click();
  await admin.getByRole('switch', { name: 'alice may have an agent' }).click({ force: true });
  await admin.getByText('alice: saved').waitFor();
  await admin.getByRole('link', { name: 'Fleet', exact: true }).click();
  await row(admin, 'alice').getByText('Asleep', { exact: true }).waitFor({ timeout: wakeMs });
  const volumes = async () => (await world.docker('volume', 'ls', '--quiet', '--filter', 'label=com.mosaic.kind=user')).split('\n').filter(Boolean).length;
  assert.ok((await volumes()) > 0, 'what it kept is there');
  await button(admin, 'Actions for alice').click();
  await admin.getByRole('menuitem', { name: 'Delete…' }).click();
  const dialog = admin.getByRole('dialog');
  await dialog.getByRole('radio', { name: 'Purge it' }).check();
  const typed = dialog.getByRole('textbox');
  const owner = /“(.+)”/.exec(await dialog.getByText(/^Type “/).textContent())[1];
  assert.equal(await dialog.getByRole('button', { name: 'Delete and purge' }).isDisabled(), true);
  await browser.look(admin, 'admins-purge');
  await typed.fill(owner);
  await dialog.getByRole('button', { name: 'Delete and purge' }).click();
  await row(admin, 'alice').waitFor({ state: 'detached', timeout: wakeMs });
  await until('its volumes are gone', 60_000, async () => (await volumes()) === 0);
  await browser.look(admin, 'admins-fleet');
});

chapter('no page of admins has a serious finding, is too wide for a phone, or was complained about', () => {
  const fleet = ['fleet', 'fleet-empty', 'fleet-failed', 'fleet-menu', 'purge'];
  const agents = ['agent', 'agent-confirm', 'system-agents', 'system-agents-empty', 'system-agent-new'];
  browser.verdict([...fleet, ...agents, 'limits', 'auth', 'users', 'audit', 'health'].map((name) => `admins-${name}`));
});
