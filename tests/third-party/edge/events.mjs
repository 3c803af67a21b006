// Server-sent events in distinct connections, with the reference client.
import assert from 'node:assert/strict';
import { createClient } from 'graphql-sse';
import { check } from '../report.mjs';
import { sequence, url, within } from './subject.mjs';

const PATIENCE = 10_000;

async function withClient(options, body) {
  const client = createClient({ url, retryAttempts: 0, ...options });
  try {
    return await within(PATIENCE, body(client));
  } finally {
    client.dispose();
  }
}

async function first(client, subject) {
  for await (const result of client.iterate(subject)) return sequence(result);
  throw new Error('the stream ended without an event');
}

export async function events(subject) {
  await check('graphql-sse a query is one event', () =>
    withClient({}, async (client) => {
      const results = [];
      for await (const result of client.iterate({ query: '{ __typename }' })) results.push(result);
      assert.deepEqual(results, [{ data: { __typename: 'Query' } }]);
    }));
  await check('graphql-sse a subscription delivers numbered events', () =>
    withClient({}, async (client) => assert.ok((await first(client, subject)) >= 0)));
  await check('graphql-sse Last-Event-ID resumes after a number', () =>
    withClient({ headers: { 'last-event-id': '2' } }, async (client) =>
      assert.ok((await first(client, subject)) >= 2)));
  await check('graphql-sse two subscriptions run concurrently', () =>
    withClient({}, (client) => Promise.all([first(client, subject), first(client, subject)])));
  await check('graphql-sse an invalid document is an event with its errors', () =>
    withClient({}, async (client) => {
      const { value } = await client.iterate({ query: 'subscription { nothing }' }).next();
      assert.equal(value.errors[0].extensions.code, 'GRAPHQL_VALIDATION_FAILED');
      assert.equal('data' in value, false);
    }));
}
