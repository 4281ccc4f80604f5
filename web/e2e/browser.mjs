// A real Chromium, and how a page is looked at: in light and dark, as wide as a desk and as a phone, by axe and by the
// camera. Whatever the console or the policy complains about is kept and fails the run.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';

import axe from 'axe-core';
import { chromium } from 'playwright-core';

const here = path.dirname(new URL(import.meta.url).pathname);
const pictures = process.env.MOSAIC_WEB_PICTURES ?? path.resolve(here, '../../build/screenshots');
const desk = { width: 1280, height: 800 };
const phone = { width: 390, height: 844 };
const waitMs = 60_000; // a limit, on a machine that does other things too
const serious = ['serious', 'critical'];

export function executable() {
  const known = [process.env.MOSAIC_CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser'].filter(Boolean);
  const found = known.find((file) => fs.existsSync(file));
  if (!found) throw new Error('there is no chromium; install it with: apt-get install chromium (or set MOSAIC_CHROMIUM)');
  return found;
}

export class Browser {
  complaints = [];
  findings = [];
  milder = []; // of axe, below "serious": told, not held
  seen = new Set();
  looks = 0;

  async start() {
    fs.mkdirSync(pictures, { recursive: true });
    this.chromium = await chromium.launch({ executablePath: executable(), args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'] });
  }

  // Somebody with a browser of their own. `expected`: console lines that this person's doings bring about.
  async person(name, expected = []) {
    const context = await this.chromium.newContext({ viewport: desk, colorScheme: 'light', reducedMotion: 'reduce' });
    await context.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', (event) => console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`));
    });
    const page = await context.newPage();
    page.setDefaultTimeout(waitMs);
    page.setDefaultNavigationTimeout(waitMs);
    page.on('pageerror', (error) => this.complaints.push(`${name}: ${error.message}`));
    page.on('console', (message) => {
      if (message.type() !== 'error' || expected.some((pattern) => pattern.test(message.text()))) return;
      this.complaints.push(`${name} at ${page.url()}: ${message.text()}`);
    });
    page.on('request', (request) => {
      const { protocol, hostname } = new URL(request.url());
      if (protocol.startsWith('http') && hostname !== 'localhost') this.complaints.push(`${name}: asked ${hostname}`);
    });
    return page;
  }

  // The page as it is now. `name` is what its pictures are called.
  async look(page, name) {
    this.seen.add(name);
    for (const scheme of ['light', 'dark']) {
      await this.paint(page, scheme);
      await page.screenshot({ path: path.join(pictures, `${name}-${scheme}.png`) });
      await this.judge(page, `${name} (${scheme})`);
    }
    await page.setViewportSize(phone);
    await this.paint(page, 'light');
    await page.screenshot({ path: path.join(pictures, `${name}-phone.png`) });
    const [wide, screen] = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth]);
    if (wide > screen) this.findings.push(`${name}: ${wide} px wide on a phone of ${screen} px`);
    await this.judge(page, `${name} (phone)`);
    await this.paint(page, 'dark');
    await page.screenshot({ path: path.join(pictures, `${name}-phone-dark.png`) });
    await page.setViewportSize(desk);
  }

  // In these colours, until nothing fades any more.
  async paint(page, scheme) {
    await page.emulateMedia({ colorScheme: scheme });
    await page.waitForFunction((wanted) => document.documentElement.dataset.mantineColorScheme === wanted, scheme);
    await page.waitForFunction(() => document.getAnimations().every(({ effect, playState }) => playState !== 'running' || effect.getComputedTiming().endTime === Infinity));
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
  }

  async judge(page, name) {
    await page.evaluate(axe.source);
    const { violations, passes } = await page.evaluate(() =>
      window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'] }).then((result) => ({
        violations: result.violations.map(({ id, impact, nodes }) => ({ id, impact, nodes: nodes.map((node) => `${node.html.slice(0, 160)} ${node.failureSummary.slice(0, 200)}`) })),
        passes: result.passes.map(({ id }) => id),
      })),
    );
    for (const { id, impact, nodes } of violations)
      if (serious.includes(impact)) this.findings.push(`${name}: ${impact} ${id}: ${nodes.slice(0, 3).join(' | ')}`);
      else this.milder.push(id);
    // A look that found neither letters nor a language to judge was no look.
    for (const rule of ['color-contrast', 'html-has-lang']) if (!passes.includes(rule)) this.findings.push(`${name}: nothing was judged by ${rule}`);
    this.looks += 1;
  }

  // No page was complained about, and none was left out.
  verdict(pages) {
    const milder = [...new Set(this.milder)].sort().join(', ') || 'none';
    console.log(`axe: ${this.looks} looks at ${this.seen.size} pages, ${this.findings.length} serious findings; below that: ${milder}`);
    assert.deepEqual([...this.seen].sort(), [...pages].sort());
    assert.deepEqual(this.findings, []);
    assert.deepEqual(this.complaints, []);
  }

  // What every person saw at the end.
  async leaveEvidence() {
    for (const [index, context] of this.chromium.contexts().entries())
      for (const page of context.pages()) await page.screenshot({ path: path.join(pictures, `failed-${index}.png`) });
    for (const line of [...this.complaints, ...this.findings]) console.log(line);
  }

  async stop() {
    await this.chromium?.close();
  }
}
