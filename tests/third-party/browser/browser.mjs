// A Chromium without network access, and a record of its violations.
import { existsSync } from 'node:fs';

import { chromium } from 'playwright-core';

const CANDIDATES = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // No host name resolves, so that requests that are not intercepted below fail.
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost, EXCLUDE [::1]',
];

export async function launch() {
  const executablePath = CANDIDATES.find((path) => path && existsSync(path));
  if (!executablePath) {
    throw new Error('no Chromium: install it, or name it in $CHROMIUM');
  }
  return chromium.launch({ executablePath, headless: true, args: FLAGS });
}

class Record {
  external = [];
  violations = [];
  complaints = [];
  /** Payloads of all `next` messages. The page shows only the latest. */
  events = [];

  async until(enough, what, seconds = 60) {
    const deadline = Date.now() + seconds * 1000;
    while (!enough(this)) {
      if (Date.now() > deadline) throw new Error(`waited ${seconds} s for ${what}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** Opens a page that can reach only the gateway's origin, and collects violations. */
export async function open(browser, origin) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce' });
  const seen = new Record();

  const ours = (address) => {
    const url = new URL(address);
    return ['data:', 'blob:'].includes(url.protocol) || url.host === new URL(origin).host;
  };
  const judge = (address) => ours(address) || seen.external.push(address);

  await context.route('**/*', (route) => (ours(route.request().url()) ? route.continue() : route.abort()));
  context.on('request', (request) => judge(request.url()));
  context.on('response', (response) => {
    if (response.status() >= 400) seen.complaints.push(`${response.status()} ${response.url()}`);
  });
  await context.exposeBinding('reportViolation', (_source, violation) => seen.violations.push(violation));
  await context.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      window.reportViolation(`${event.effectiveDirective}: ${event.blockedURI}`);
    });
  });

  const page = await context.newPage();
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) seen.complaints.push(`${message.type()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => seen.complaints.push(`uncaught: ${error.message}`));
  page.on('dialog', (dialog) => {
    seen.complaints.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  page.on('websocket', (socket) => {
    judge(socket.url().replace(/^ws/, 'http'));
    socket.on('framereceived', ({ payload }) => {
      const message = JSON.parse(payload.toString());
      if (message.type === 'next') seen.events.push(message.payload);
    });
  });
  return { page, seen };
}
