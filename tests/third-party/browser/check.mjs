import assert from 'node:assert/strict';

import { launch, open } from './browser.mjs';
import { Gateway } from './gateway.mjs';
import { GraphiQL } from './graphiql.mjs';
import { check, finish } from '../report.mjs';

const gateway = new Gateway(process.env.GATEWAY_URL);
const browser = await launch();

try {
  await watch();
} catch (error) {
  await check('the browser keeps running', () => Promise.reject(error));
} finally {
  await browser.close();
}
finish();

async function watch() {
  const operations = await gateway.operations();
  const rows = operations.find(({ query }) => /^query[^{]*{(\s|#.*\n)*subscriptions\s*\(/m.test(query));
  const live = operations.find(({ query }) => /^\s*subscription\b[^]*\bsyncProgress\b/m.test(query));
  const { page, seen } = await open(browser, gateway.origin);
  const graphiql = new GraphiQL(page);

  await check('the page has the title Seatgraph', async () => {
    await page.goto(`${gateway.origin}/`);
    await graphiql.ready();
    assert.equal(await page.title(), 'Seatgraph');
  });

  await check('each document has its tab, in the order given', async () => {
    assert.ok(rows, 'no document asks for subscriptions(…)');
    assert.ok(live, 'no document subscribes to syncProgress');
    assert.deepEqual(await graphiql.tabs(), operations.map(({ name }) => name));
  });

  await check('a query shows rows', async () => {
    await graphiql.choose(rows.name);
    await graphiql.press('Execute query');
    const { data } = await graphiql.answer(({ data }) => data?.subscriptions);
    const { nodes, edges } = data.subscriptions;
    assert.ok((nodes ?? edges).length > 0, JSON.stringify(data));
  });

  await check('the documentation pane shows the schema', async () => {
    await graphiql.press('Show Documentation Explorer');
    const pane = page.locator('.graphiql-doc-explorer');
    await pane.getByRole('link', { name: 'Query', exact: true }).click();
    await pane.getByRole('link', { name: 'subscriptions', exact: true }).first().waitFor();
    await graphiql.press('Hide Documentation Explorer');
  });

  await check('a subscription delivers live events', async () => {
    await graphiql.choose(live.name);
    // The tab runs unchanged, with an existing profile.
    const { by } = JSON.parse(await graphiql.text('variables'));
    const profile = by.profileId ?? (await gateway.firstProfile());
    assert.match(profile, /^\w/, `no profile in the variables: ${JSON.stringify(by)}`);
    await graphiql.press('Execute query');
    await gateway.sync(profile);
    await graphiql.answer(({ data }) => data?.syncProgress);
    // The first event is the current state, the second a new event.
    await seen.until(({ events }) => events.length >= 2, 'a second event over the WebSocket');
    const data = seen.events.map((event) => event.data?.syncProgress);
    assert.ok(data.every(Boolean), JSON.stringify(seen.events));
  });

  await check('the screenshot is taken', async () => {
    await graphiql.choose(rows.name);
    await graphiql.answer(({ data }) => data?.subscriptions);
    await graphiql.flawless();
    await page.screenshot({ path: process.env.SCREENSHOT, animations: 'disabled', caret: 'hide' });
  });

  await check('files loaded on demand are in the bundle', async () => {
    await graphiql.press('New tab');
    await graphiql.write('operation', '{ __typename }');
    await graphiql.press('Prettify query');
    await graphiql.holds('operation', '{\n  __typename\n}');
  });

  await check('Monaco has its workers', () => assert.ok(page.workers().length >= 2, `${page.workers().length} workers`));

  await check('edited tabs are kept, and documents of a new version are loaded', async () => {
    const names = operations.map(({ name }) => name);
    await graphiql.remembered('__typename\\n}');
    await page.reload();
    await graphiql.ready();
    await graphiql.remembered('__typename\\n}');
    assert.deepEqual(await graphiql.tabs(), [...names, '<untitled>']);

    // On another page of the origin, where GraphiQL does not overwrite its stored tabs.
    await page.goto(`${gateway.origin}/graphiql/operations.json`);
    await page.evaluate((name) => {
      for (const key of ['seatgraph:operations', 'graphiql:tabState']) {
        localStorage.setItem(key, localStorage.getItem(key).replaceAll(`query ${name}`, 'query Earlier'));
      }
    }, rows.name);
    await page.goto(`${gateway.origin}/`);
    await graphiql.ready();
    assert.deepEqual(await graphiql.tabs(), [...names, '<untitled>']);
  });

  await check('no request to another machine', () => assert.deepEqual(seen.external, []));
  await check('no violation of the content security policy', () => assert.deepEqual(seen.violations, []));
  await check('no error on the console', () => assert.deepEqual(seen.complaints, []));
}
