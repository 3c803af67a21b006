// graphql-transport-ws, with the reference client and with raw messages.
import assert from 'node:assert/strict';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { check } from '../report.mjs';
import { sequence, socketUrl, within } from './subject.mjs';

const PATIENCE = 10_000;

async function withClient(options, body) {
  const client = createClient({ url: socketUrl, webSocketImpl: WebSocket, retryAttempts: 0, ...options });
  try {
    return await within(PATIENCE, body(client));
  } finally {
    await client.dispose();
  }
}

async function first(client, subject) {
  for await (const result of client.iterate(subject)) return sequence(result);
  throw new Error('the stream ended without an event');
}

// Sends raw messages and returns the close code of the server.
function closeCode(messages, protocol = 'graphql-transport-ws') {
  const closed = new Promise((resolve, reject) => {
    const socket = new WebSocket(socketUrl, protocol);
    socket.on('open', () => messages.forEach((message) => socket.send(JSON.stringify(message))));
    socket.on('close', (code) => resolve(code));
    socket.on('error', reject);
  });
  return within(PATIENCE, closed);
}

export async function sockets(subject) {
  const init = { type: 'connection_init' };
  const open = { id: 'a', type: 'subscribe', payload: subject };

  await check('graphql-ws a query is answered', () =>
    withClient({}, async (client) => {
      const results = [];
      for await (const result of client.iterate({ query: '{ __typename }' })) results.push(result);
      assert.deepEqual(results, [{ data: { __typename: 'Query' } }]);
    }));
  await check('graphql-ws a subscription delivers numbered events', () =>
    withClient({}, async (client) => assert.ok((await first(client, subject)) >= 0)));
  await check('graphql-ws a subscription resumes after a number', () =>
    withClient({}, async (client) => {
      const variables = { ...subject.variables, after: 2 };
      assert.ok((await first(client, { ...subject, variables })) >= 2);
    }));
  await check('graphql-ws two subscriptions share a socket', () =>
    withClient({}, (client) => Promise.all([first(client, subject), first(client, subject)])));
  await check('graphql-ws an invalid document is an error, not a result', () =>
    withClient({}, async (client) => {
      const errors = await first(client, { query: '{ nothing }' }).then(
        () => assert.fail('it was answered'),
        (errors) => errors,
      );
      assert.equal(errors[0].extensions.code, 'GRAPHQL_VALIDATION_FAILED');
    }));
  await check('graphql-ws pings are answered', () =>
    withClient({ keepAlive: 50, lazy: false }, (client) =>
      new Promise((resolve) => client.on('pong', (received) => received && resolve()))));

  const bare = (name, code, ...messages) =>
    check(`graphql-transport-ws ${name} closes with ${code}`, async () =>
      assert.equal(await closeCode(messages), code));
  await bare('an unknown type', 4400, { type: 'start' });
  await bare('an operation before init', 4401, open);
  await bare('no init', 4408);
  // A short operation may be finished before its ID is repeated, but not twenty times.
  await bare('an id in use', 4409, init, ...Array(20).fill(open));
  await bare('a second init', 4429, init, init);
}
