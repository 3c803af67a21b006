// The subscription of the clients: the progress stream of the gateway, or the counter of the example server.
import assert from 'node:assert/strict';

const base = process.env.GATEWAY_URL.replace(/\/+$/, '');
export const url = base.endsWith('/graphql') ? base : `${base}/graphql`;
export const socketUrl = `${url.replace(/^http/, 'ws')}/ws`;

const PRODUCT = 'subscription ($id: ID!, $after: Int) { syncProgress(by: { runId: $id }, after: $after) { sequence } }';
const EXAMPLE = 'subscription ($after: Int) { count(to: 5, after: $after) { sequence } }';

export async function post(query, variables) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  });
  const answer = await response.json();
  assert.equal(answer.errors, undefined, JSON.stringify(answer.errors));
  return answer.data;
}

export async function subscription() {
  if (process.env.SUBSCRIPTION) {
    return { query: process.env.SUBSCRIPTION, variables: JSON.parse(process.env.VARIABLES ?? '{}') };
  }
  const { __schema } = await post('{ __schema { subscriptionType { fields { name } } } }');
  if (!__schema.subscriptionType.fields.some(({ name }) => name === 'syncProgress')) {
    return { query: EXAMPLE, variables: {} };
  }
  const { syncRuns } = await post('{ syncRuns(first: 1) { nodes { id } } }');
  assert.ok(syncRuns.nodes.length > 0, 'the gateway has no run to follow');
  return { query: PRODUCT, variables: { id: syncRuns.nodes[0].id } };
}

export function sequence(result) {
  assert.equal(result.errors, undefined, JSON.stringify(result.errors));
  const [event] = Object.values(result.data);
  assert.ok(Number.isInteger(event.sequence), JSON.stringify(result));
  return event.sequence;
}

// A timeout for operations that hang.
export function within(milliseconds, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing within ${milliseconds} ms`)), milliseconds);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
