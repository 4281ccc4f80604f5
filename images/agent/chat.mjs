// Waits until the gateway is ready and has it answer one chat; fails unless the answer came through.
const gateway = 'http://127.0.0.1:18789';
const deadline = Date.now() + 180_000;

for (;;) {
  const ready = await fetch(`${gateway}/readyz`).then((response) => response.ok, () => false);
  if (ready) break;
  if (Date.now() > deadline) throw new Error('the gateway did not become ready');
  await new Promise((resolve) => setTimeout(resolve, 200));
}
const response = await fetch(`${gateway}/v1/chat/completions`, {
  method: 'POST',
  headers: { authorization: `Bearer ${process.env.OPENCLAW_GATEWAY_TOKEN}`, 'content-type': 'application/json' },
  body: JSON.stringify({ model: 'openclaw', stream: true, messages: [{ role: 'user', content: 'hello' }] }),
});
const text = await response.text();
if (response.status !== 200 || !text.includes('warm')) throw new Error(`chat failed: ${response.status} ${text}`);
