// Run inside an agent's container with node -e: prints when the agent's own scheduled jobs want it, as one line
// "now MS next MS running MS watching N", each in milliseconds of the container's clock, "-" for none.
//
// OpenClaw (2026.9) keeps its jobs in its SQLite state: cron_jobs with, in state_json, nextRunAtMs and, while a run
// goes on, runningAtMs. Its own housekeeping (heartbeats, the review of skills) is nobody's wish and wakes nobody.
// Watching are jobs that wait for an event inside the container: those cannot happen while it sleeps.
// Exit codes: 0, or 1 when the state is not as described here.
const fs = require('node:fs');
const state = process.env.OPENCLAW_STATE_DIR || '/home/node/.openclaw';
const file = `${state}/state/openclaw.sqlite`;
const number = (value) => (Number.isSafeInteger(value) && value > 0 ? String(value) : '-');
const say = (next, running, watching) =>
  process.stdout.write(`now ${Date.now()} next ${number(next)} running ${number(running)} watching ${watching}\n`);

process.removeAllListeners('warning');
if (!fs.existsSync(file)) {
  say(null, null, 0);
} else {
  const { DatabaseSync } = require('node:sqlite');
  const database = new DatabaseSync(file, { readOnly: true, timeout: 2000 });
  const row = database
    .prepare(
      `SELECT min(CASE WHEN schedule NOT IN ('on-exit', 'stream') THEN next END) AS next, max(running) AS running,
              sum(schedule IN ('on-exit', 'stream')) AS watching
       FROM (SELECT json_extract(state_json, '$.nextRunAtMs') AS next, json_extract(state_json, '$.runningAtMs') AS running,
                    json_extract(job_json, '$.schedule.kind') AS schedule
             FROM cron_jobs
             WHERE enabled = 1 AND coalesce(declaration_key, '') NOT LIKE 'heartbeat:%'
               AND coalesce(declaration_key, '') NOT LIKE 'skill-collection-review:%')`,
    )
    .get();
  say(row.next, row.running, row.watching ?? 0);
}
