// Rows 1, 2, 4, 5, 6 and 8 of the matrix, with jsforce.
import assert from 'node:assert/strict';
import jsforce from 'jsforce';

const url = process.env.SIMULATOR_URL;
const callback = 'http://localhost/callback';

async function control(method, path, body) {
  const response = await fetch(`${url}/_control/${path}`, { method, body: body && JSON.stringify(body) });
  const text = await response.text();
  assert.ok(response.ok, text);
  return text ? JSON.parse(text) : undefined;
}

const app = await control('GET', 'app');
const oauth2 = { loginUrl: url, clientId: app.clientId, clientSecret: app.clientSecret, redirectUri: callback };

/** A connection with client credentials. */
async function connect() {
  const connection = new jsforce.Connection({ instanceUrl: url, oauth2, version: '62.0' });
  await connection.authorize({ grant_type: 'client_credentials' });
  return connection;
}

async function managers(connection, count) {
  const soql = `SELECT Id FROM User WHERE IsActive = true AND Profile.Name = 'Sales Manager' LIMIT ${count}`;
  return (await connection.query(soql)).records.map((record) => record.Id);
}

/** Approves on the consent page and returns the code. */
async function consent(address) {
  const form = new URLSearchParams(new URL(address).searchParams);
  form.set('decision', 'approve');
  const response = await fetch(`${url}/services/oauth2/authorize`, { method: 'POST', body: form, redirect: 'manual' });
  assert.equal(response.status, 302, await response.text());
  return new URL(response.headers.get('location')).searchParams.get('code');
}

async function row1() {
  const connection = await connect();
  const total = (await control('GET', 'expected')).users.total;
  const rows = await connection.query('SELECT Id, Name FROM User', { autoFetch: true, maxFetch: 100000 });
  assert.equal(rows.records.length, total);
  const limits = await connection.limits();
  assert.ok(limits.DailyApiRequests.Max > 0);
  assert.equal(connection.limitInfo.apiUsage.limit, limits.DailyApiRequests.Max);
  return `${total} users`;
}

async function row2() {
  const connection = await connect();
  const [user] = await managers(connection, 1);
  const updated = await connection.sobject('User').update({ Id: user, IsActive: false });
  assert.deepEqual(updated, { id: user, success: true, errors: [] });
  await connection.sobject('User').update({ Id: user, IsActive: true });
  await control('PUT', 'faults', { fullPools: ['SFDC'] });
  await connection.sobject('User').update({ Id: user, IsActive: false });
  const refused = connection.sobject('User').update({ Id: user, IsActive: true });
  await assert.rejects(refused, { errorCode: 'LICENSE_LIMIT_EXCEEDED' });
  await control('PUT', 'faults', { dailyLimitRemaining: 0 });
  await assert.rejects(connection.query('SELECT Id FROM User LIMIT 1'), { errorCode: 'REQUEST_LIMIT_EXCEEDED' });
  await control('DELETE', 'faults');
  await assert.rejects(connection.sobject('User').retrieve('005000000000ZZZAA2'), { errorCode: 'NOT_FOUND' });
  return 'refusals carry their codes';
}

async function row4() {
  const flow = new jsforce.OAuth2({ ...oauth2, useVerifier: true });
  const address = flow.getAuthorizationUrl({ scope: 'api refresh_token' });
  assert.equal(new URL(address).searchParams.get('code_challenge_method'), null);
  assert.equal(flow.codeVerifier.length, 171);
  const connection = new jsforce.Connection({ oauth2: flow, instanceUrl: url, version: '62.0' });
  const user = await connection.authorize(await consent(address));
  const refreshed = [];
  connection.on('refresh', (token) => refreshed.push(token));
  await control('PUT', 'faults', { expireSessions: true });
  assert.equal((await connection.query('SELECT Id FROM User LIMIT 1')).totalSize, 1);
  const identity = await connection.identity();
  assert.equal(identity.user_id, user.id);
  assert.equal(identity.organization_id, user.organizationId);
  assert.equal(refreshed.length, 1);
  return 'code with PKCE, identity after one refresh';
}

async function row5() {
  const connection = await connect();
  const ids = await managers(connection, 199);
  const records = [...ids, '005000000000ZZZAA2'].map((Id) => ({ Id, Title: 'Seen' }));
  const together = await connection.sobject('User').update(records, { allOrNone: true });
  assert.ok(together.every((result) => !result.success));
  assert.equal(together[0].errors[0].statusCode, 'ALL_OR_NONE_OPERATION_ROLLED_BACK');
  const apart = await connection.sobject('User').update(records);
  assert.equal(apart.filter((result) => result.success).length, ids.length);
  assert.equal(apart.at(-1).errors[0].statusCode, 'NOT_FOUND');
  const seats = await connection.query('SELECT Id FROM UserPackageLicense LIMIT 2');
  const gone = await connection.sobject('UserPackageLicense').destroy(seats.records.map((seat) => seat.Id));
  assert.ok(gone.every((result) => result.success));
  return `${records.length} records with mixed results`;
}

async function row6() {
  const connection = await connect();
  connection.bulk2.pollInterval = 50;
  await control('PUT', 'faults', { bulk: { inProgressPolls: 2 } });
  const stream = await connection.bulk2.query('SELECT Id, Title, Profile.Name FROM User');
  const rows = await stream.toArray();
  const { total } = (await control('GET', 'expected')).users;
  assert.equal(rows.length, total);
  assert.ok(rows.some((row) => row.Title === 'VP "Global" Sales\\Service'));
  assert.ok(rows.every((row) => row['Profile.Name'] !== undefined));
  await control('PUT', 'faults', { status: { code: 503, times: 2 } });
  const started = Date.now();
  assert.equal((await connection.query('SELECT Id FROM User LIMIT 1')).totalSize, 1);
  assert.ok(Date.now() - started >= 1500, 'it waited 0.5 s and 1 s');
  assert.equal((await control('GET', 'faults')).status.times, 0);
  return `${rows.length} users in one set, 503 twice and then an answer`;
}

async function row8() {
  const flow = new jsforce.OAuth2(oauth2);
  const connection = new jsforce.Connection({ oauth2: flow, instanceUrl: url, version: '62.0' });
  await connection.authorize(await consent(flow.getAuthorizationUrl({ scope: 'api refresh_token' })));
  let refreshed = 0;
  connection.on('refresh', () => { refreshed += 1; });
  await control('PUT', 'faults', { expireSessionEvery: 2 });
  await connection.query('SELECT Id FROM User LIMIT 1');
  assert.equal((await connection.query('SELECT Id FROM User LIMIT 1')).totalSize, 1);
  assert.equal(refreshed, 1);
  return 'one refresh on one 401';
}

let failed = false;
for (const [number, row] of [[1, row1], [2, row2], [4, row4], [5, row5], [6, row6], [8, row8]]) {
  await control('DELETE', 'faults');
  try {
    console.log(`row ${number} jsforce: ok, ${await row()}`);
  } catch (error) {
    failed = true;
    console.error(error);
    console.log(`row ${number} jsforce: FAILED, ${error.message}`);
  }
}
await control('DELETE', 'faults');
process.exit(failed ? 1 : 0);
