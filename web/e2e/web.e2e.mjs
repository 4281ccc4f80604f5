// The pages as people meet them, in a real Chromium, before the real API, database, engine and OpenClaw agents: from an
// empty installation through set-up, the first chat, settings and their roll-out, to two people who see nothing of each other.
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

before(async () => {
  await Promise.all([world.start(), browser.start()]);
});

after(async () => {
  if (walk.failed) await browser.leaveEvidence();
  await browser.stop();
  await world.stop();
});

const field = (page, name) => page.getByRole('textbox', { name, exact: true });
const step = (page, name) => page.getByRole('heading', { level: 2, name });
const button = (page, name) => page.getByRole('button', { name, exact: true });

async function fillProvider(page, key) {
  await page.getByRole('combobox', { name: 'Kind' }).or(page.getByRole('textbox', { name: 'Kind' })).click();
  await page.getByRole('option', { name: /^Other/ }).click();
  await field(page, 'Name').fill('Local models');
  await field(page, 'Base URL').fill(`http://${world.providerAddress}/v1`);
  await field(page, 'API key').fill(key);
}

// After the browser was closed nothing is left of it but what the administrator knows.
async function goesOnElsewhere() {
  const elsewhere = await browser.person('admin elsewhere', [/status of 40[14]/]);
  await elsewhere.goto(`${world.url}/`);
  await elsewhere.getByRole('link', { name: 'An administrator can also sign in and go on' }).click();
  await field(elsewhere, 'Name').fill('admin');
  await field(elsewhere, 'Password').fill(password);
  await button(elsewhere, 'Sign in').click();
  await step(elsewhere, 'System agents').waitFor();
  await elsewhere.getByRole('button', { name: /First provider/ }).click();
  await elsewhere.getByText('“Local models” is saved.').waitFor();
  assert.equal(await field(elsewhere, 'Base URL').inputValue(), `http://${world.providerAddress}/v1`);
  assert.equal(await field(elsewhere, 'API key').inputValue(), '', 'a key never comes back');
  await elsewhere.context().close();
}

chapter('set-up leads through its pages, back and forth and over a reload, to the chat', async () => {
  // 502: an agent that has only just woken may be too busy to say what was said before; the page asks it again.
  admin = await browser.person('admin', [/status of 40[149]/, /status of 502/]);
  await admin.goto(`${world.url}/`);
  await field(admin, 'One-time set-up token').waitFor();
  await browser.look(admin, 'setup-token');
  await admin.goto(world.setUpLink);
  await admin.reload();
  await step(admin, 'Administrator').waitFor();
  await field(admin, 'Password').fill(password);
  await field(admin, 'Password, once more').fill(password);
  await browser.look(admin, 'setup-administrator');
  await button(admin, 'Save and go on').click();

  await step(admin, 'Sign-in').waitFor();
  await browser.look(admin, 'setup-signin');
  await button(admin, 'Skip for now').click();

  await step(admin, 'First provider').waitFor();
  await fillProvider(admin, 'a-wrong-key');
  await button(admin, 'Test connection').click();
  await admin.getByText('The provider refuses this key.').waitFor();
  await button(admin, 'Back').click();
  await step(admin, 'Sign-in').waitFor();
  await admin.goBack(); // the browser's own way, too
  await step(admin, 'First provider').waitFor();
  assert.equal(await field(admin, 'Base URL').inputValue(), `http://${world.providerAddress}/v1`, 'what was entered is still there');
  await field(admin, 'API key').fill(world.keys.admin);
  await button(admin, 'Test connection').click();
  await admin.getByText('The provider answers and lists 3 models.').waitFor();
  const models = admin.getByRole('textbox', { name: 'Models' });
  for (const name of ['cogito', 'sage']) {
    await models.fill(name);
    await models.press('Enter');
  }
  await admin.keyboard.press('Escape');
  await browser.look(admin, 'setup-provider');
  await button(admin, 'Save and go on').click();

  await step(admin, 'System agents').waitFor();
  await admin.goto(`${world.url}/onboarding`); // another window, without the token: the session goes on
  await step(admin, 'System agents').waitFor();
  await goesOnElsewhere();
  await admin.getByText('mosaic-main').waitFor();
  await browser.look(admin, 'setup-agents');
  await button(admin, 'None for now').click();
  await step(admin, 'Done').waitFor();
  await browser.look(admin, 'setup-done');
  await button(admin, 'Finish and start chatting').click();
  await admin.getByRole('textbox', { name: 'Message to your agent' }).waitFor();
  await browser.look(admin, 'chat-empty');
});

// Once the reply before has ended: until then there is no such button.
async function say(page, message) {
  await page.getByRole('textbox', { name: 'Message to your agent' }).fill(message);
  await button(page, 'Send').click();
}

const lastReply = (page) => page.getByRole('article', { name: 'Your agent' }).last();

chapter('the first message wakes the agent and tells how far it is, and the reply is streamed', async () => {
  await say(admin, 'Please remember the word heron.');
  await admin.getByText('Your agent is waking up').waitFor();
  await browser.look(admin, 'chat-waking');
  await lastReply(admin).getByText('I will remember "heron"').waitFor({ timeout: wakeMs });
  await say(admin, 'Which word?');
  await lastReply(admin).getByText('The word is "heron"').waitFor();
  await button(admin, 'Send').waitFor();
  await browser.look(admin, 'chat');
});

chapter('conversations are apart, and what was said comes back from the agent after a reload', async () => {
  await button(admin, 'New conversation').first().click();
  await admin.getByText('What can your agent do for you?').waitFor();
  await say(admin, 'Which word?');
  await lastReply(admin).getByText('You told me no word.').waitFor();
  await admin.getByRole('navigation', { name: 'Conversations' }).getByText('Please remember the word heron.').click();
  await lastReply(admin).getByText('The word is "heron"').waitFor();
  await admin.reload();
  await lastReply(admin).getByText('The word is "heron"').waitFor();
  assert.equal(await admin.getByRole('article', { name: 'You', exact: true }).count(), 2);
});

chapter('an answer can be stopped half-way and asked for again', async () => {
  await say(admin, 'Please count to 300.');
  await lastReply(admin).getByText(' 3 4 5 ').waitFor();
  await button(admin, 'Stop').click();
  await lastReply(admin).getByText('Stopped.').waitFor();
  assert.ok(!(await lastReply(admin).textContent()).includes('300'), 'it ended before its end');
  await browser.look(admin, 'chat-stopped');
  await lastReply(admin).getByRole('button', { name: 'Try again' }).click();
  await lastReply(admin).getByText(' 299 300').waitFor({ timeout: 120_000 });
  await button(admin, 'Send').waitFor();
  assert.equal(await lastReply(admin).getByText('Stopped.').count(), 0);
});

chapter('a change says what it does before it is saved, and is rolled out', async () => {
  await admin.goto(`${world.url}/settings/agent`);
  const model = admin.getByRole('textbox', { name: 'Model' }).or(admin.getByRole('combobox', { name: 'Model' })).first();
  await model.click();
  await admin.getByRole('option', { name: 'local-models/sage' }).click();
  await field(admin, 'Personality').fill('Call yourself Ada. Be brief and kind.');
  await browser.look(admin, 'settings-agent');
  await button(admin, 'Save').click();
  const dialog = admin.getByRole('dialog');
  await dialog.getByText('takes the change over while it runs').waitFor();
  await browser.look(admin, 'settings-agent-confirm');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await admin.getByText('Saved. Nothing restarts.').waitFor();
  await admin.getByRole('link', { name: 'Chat' }).click();
  await until('the agent thinks with its new model', 60_000, async () => {
    await say(admin, 'Who are you?');
    await lastReply(admin).getByText(/model \w+/).waitFor();
    return (await lastReply(admin).textContent()).includes('model sage');
  });
});

chapter('an agent that fell asleep is woken by a message, and what was said before stands in front of it', async () => {
  await admin.goto(`${world.url}/settings/container`);
  await admin.locator('[data-phase=running]').waitFor();
  const busy = `SELECT count(*) FROM "UserContainer" WHERE "busyUntil" > now() AT TIME ZONE 'UTC'`;
  await until('its last turn is over, and on record', wakeMs, async () => (await world.sql(busy)) === '0');
  await world.sql(`UPDATE "UserContainer" SET "lastActiveAt" = now() AT TIME ZONE 'UTC' - interval '31 minutes'`);
  await admin.locator('[data-phase=stopped]').waitFor({ timeout: wakeMs });
  await admin.getByRole('link', { name: 'Chat' }).click();
  await admin.reload(); // this window remembers nothing
  await admin.getByText('Your agent is asleep').waitFor();
  await browser.look(admin, 'chat-asleep');
  await say(admin, 'Which word?');
  await admin.getByText(/Usually takes \d+ seconds/).waitFor();
  await lastReply(admin).getByText('The word is "heron"').waitFor({ timeout: wakeMs });
  await admin.getByRole('article', { name: 'You', exact: true }).first().getByText('Please remember the word heron.').waitFor();
  assert.equal(await admin.getByRole('article', { name: 'You', exact: true }).last().textContent(), 'Which word?');
});

chapter('settings are there for providers, container, tokens and account', async () => {
  await admin.goto(`${world.url}/settings/providers`);
  await admin.getByText('Local models').waitFor();
  await browser.look(admin, 'settings-providers');
  await admin.getByRole('button', { name: 'Edit: Local models' }).click();
  await field(admin.getByRole('dialog'), 'Base URL').waitFor();
  assert.equal(await field(admin.getByRole('dialog'), 'API key').inputValue(), '', 'a key never comes back');
  await browser.look(admin, 'settings-provider-edit');
  await admin.keyboard.press('Escape');

  await admin.goto(`${world.url}/settings/container`);
  await admin.locator('[data-phase=running]').waitFor();
  await admin.getByText(/MiB of 1536 MiB/).waitFor(); // as the engine measures it
  await browser.look(admin, 'settings-container');
  await button(admin, 'Show it').click();
  await admin.getByRole('region', { name: 'Lines of the log' }).getByText(/gateway/i).first().waitFor();
  await browser.look(admin, 'settings-container-log');

  await admin.goto(`${world.url}/settings/tokens`);
  await admin.getByText('No token yet').waitFor();
  await browser.look(admin, 'settings-tokens-empty');
  await button(admin, 'Make a token').click();
  await field(admin, 'What is it for?').fill('my editor');
  await admin.getByRole('dialog').getByRole('button', { name: 'Make a token' }).click();
  const token = await admin.getByRole('textbox', { name: 'Your new token' }).textContent();
  assert.match(token, /^mos_/);
  const asked = await fetch(`${world.url}/v1/models`, { headers: { Authorization: `Bearer ${token}` } });
  assert.equal(asked.status, 200, 'the token that was shown works');
  await browser.look(admin, 'settings-token-made');
  await admin.getByRole('dialog').getByRole('button', { name: 'Close' }).last().click();
  await admin.getByRole('row').filter({ hasText: 'my editor' }).waitFor();
  assert.equal(await admin.getByText(token).count(), 0, 'it is shown once');
  await browser.look(admin, 'settings-tokens');

  await admin.goto(`${world.url}/settings/account`);
  await admin.getByRole('heading', { name: 'Account' }).waitFor();
  await browser.look(admin, 'settings-account');
});

chapter('somebody else sees nothing of it: not its agent, providers, conversations, nor what admins see', async () => {
  await world.addPerson('alice', 'a password that is long enough');
  const alice = await browser.person('alice', [/status of 40[149]/]);
  await alice.goto(`${world.url}/admin/fleet`);
  await button(alice, 'Sign in').waitFor();
  await browser.look(alice, 'signin');
  await field(alice, 'Name').fill('alice');
  await field(alice, 'Password').fill('wrong password');
  await button(alice, 'Sign in').click();
  await alice.getByRole('alert').waitFor();
  await field(alice, 'Password').fill('a password that is long enough');
  await button(alice, 'Sign in').click();
  await alice.getByText('There is no such page').first().waitFor();
  await browser.look(alice, 'not-found');
  assert.equal(await alice.getByRole('link', { name: 'Fleet', exact: true }).count(), 0);

  await alice.getByRole('link', { name: 'Providers' }).click();
  await alice.getByText('No provider yet').waitFor();
  await browser.look(alice, 'settings-providers-empty');
  await alice.getByRole('link', { name: 'Chat' }).click();
  await say(alice, 'Which word?');
  await alice.getByRole('link', { name: 'To your providers' }).waitFor({ timeout: wakeMs });
  await browser.look(alice, 'chat-no-provider');
  assert.equal(await alice.getByText('heron').count(), 0);

  await alice.getByRole('link', { name: 'Container' }).click();
  await button(alice, 'Make and start it').click();
  await alice.locator('[data-phase=failed], [data-phase=waiting]').waitFor({ timeout: 60_000 });
  await browser.look(alice, 'settings-container-failed');

  const theirs = await admin.evaluate(() => fetch('/api/providers').then((answer) => answer.json()));
  const statuses = await alice.evaluate(
    (id) => Promise.all([`/api/providers/${id}`, '/api/fleet', '/api/users', '/api/audit'].map((path) => fetch(path).then((answer) => answer.status))),
    theirs.items[0].id,
  );
  assert.deepEqual(statuses, [404, 404, 404, 404]);
  const spoken = await alice.evaluate(() => fetch('/api/conversations/web:main/messages').then((answer) => answer.text()));
  assert.ok(!spoken.includes('heron'), spoken);
});

chapter('an admin sees the fleet change while it happens, and every page about it', async () => {
  const made = await admin.evaluate(() =>
    fetch('/api/system-agents', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ name: 'mosaic-research', role: 'research', primaryModel: 'local-models/cogito', isActive: false }),
    }).then((answer) => answer.status),
  );
  assert.equal(made, 201);
  await admin.goto(`${world.url}/admin/fleet`);
  await admin.getByText('Live', { exact: true }).waitFor();
  const own = admin.getByRole('row').filter({ has: admin.getByRole('link', { name: 'admin', exact: true }) });
  await own.locator('[data-phase=running]').waitFor();
  await browser.look(admin, 'admin-fleet');
  await admin.evaluate(() => (window.unchanged = true));
  const elsewhere = await admin.evaluate(() => fetch('/api/container/stop', { method: 'POST', headers: { 'Content-Type': 'application/json' } }).then((answer) => answer.status));
  assert.equal(elsewhere, 202);
  await own.locator('[data-phase=stopped]').waitFor({ timeout: 60_000 });
  assert.equal(await admin.evaluate(() => window.unchanged), true, 'without a reload');
  await own.getByRole('link', { name: 'admin', exact: true }).click();
  await admin.getByRole('heading', { level: 2, name: 'Conditions' }).waitFor();
  await browser.look(admin, 'admin-agent');
  for (const [name, title] of Object.entries({ 'system-agents': 'System agents', users: 'Users', auth: 'Sign-in', limits: 'Limits', audit: 'Audit', health: 'Health' })) {
    await admin.goto(`${world.url}/admin/${name}`);
    await admin.getByRole('heading', { level: 1, name: title }).waitFor();
    await admin.getByRole('status').filter({ hasText: 'Loading' }).waitFor({ state: 'detached' });
    await browser.look(admin, `admin-${name}`);
  }
});

chapter('no page has a serious finding, is too wide for a phone, or was complained about', () => {
  const setUp = ['token', 'administrator', 'signin', 'provider', 'agents', 'done'].map((name) => `setup-${name}`);
  const chat = ['chat', 'chat-empty', 'chat-waking', 'chat-stopped', 'chat-asleep', 'chat-no-provider'];
  const settings = ['agent', 'agent-confirm', 'providers', 'providers-empty', 'provider-edit', 'container', 'container-log', 'container-failed', 'tokens', 'tokens-empty', 'token-made', 'account'];
  const admins = ['fleet', 'agent', 'system-agents', 'users', 'auth', 'limits', 'audit', 'health'];
  browser.verdict([...setUp, ...chat, ...settings.map((name) => `settings-${name}`), ...admins.map((name) => `admin-${name}`), 'signin', 'not-found']);
});
