// Logins in a real browser, with its handling of cookies, redirects, forms and content security policies.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';

import { chromium } from 'playwright-core';

const CANDIDATES = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const FLAGS = ['--no-sandbox', '--disable-gpu', '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost'];

export async function inChromium(gateway) {
  const executablePath = CANDIDATES.find((path) => path && existsSync(path));
  if (!executablePath) throw new Error('no Chromium: install it, or name it in $CHROMIUM');
  const browser = await chromium.launch({ executablePath, headless: true, args: FLAGS });
  try {
    await visit(await browser.newPage(), gateway);
  } finally {
    await browser.close();
  }
}

async function visit(page, gateway) {
  const complaints = [];
  page.on('console', (message) => {
    const ours = message.location().url.startsWith(gateway.url);
    if (message.type() === 'error' && ours) complaints.push(`${message.text()} ${message.location().url}`);
  });
  await page.goto(`${gateway.url}/`);
  await page.getByPlaceholder('Enter any login').fill('anna');
  await page.getByPlaceholder('and password').fill('any');
  await page.getByRole('button', { name: 'Sign-in' }).click();
  await page.getByRole('button', { name: 'Continue' }).click();

  const person = page.locator('.seatgraph-person');
  await person.waitFor();
  assert.equal(page.url(), `${gateway.url}/`);
  assert.equal(await person.textContent(), 'Anna <b>Adler</b> · Sign out');
  assert.deepEqual(await page.evaluate(ask), { data: { profiles: { totalCount: 0 } } });
  assert.equal(await page.evaluate(greet), 'connection_ack');
  const cookie = await page.evaluate(() => document.cookie);
  assert.equal(cookie, '', 'no script reads the cookie');

  await person.click();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('button', { name: /^Yes/ }).click();
  await page.getByText('You are not signed in').waitFor();
  await page.goto(`${gateway.url}/`);
  await page.getByPlaceholder('Enter any login').waitFor();
  assert.deepEqual(complaints, []);
}

async function ask() {
  const body = JSON.stringify({ query: '{ profiles(first: 1) { totalCount } }' });
  const headers = { 'content-type': 'application/json' };
  return (await fetch('/graphql', { method: 'POST', headers, body })).json();
}

function greet() {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://${location.host}/graphql/ws`, 'graphql-transport-ws');
    socket.onopen = () => socket.send(JSON.stringify({ type: 'connection_init' }));
    socket.onmessage = ({ data }) => resolve(JSON.parse(data).type);
    socket.onerror = reject;
  });
}
