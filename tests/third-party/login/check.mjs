import assert from 'node:assert/strict';

import { certificates } from './authority.mjs';
import { Browser } from './browser.mjs';
import { inChromium } from './chromium.mjs';
import { Gateway } from './gateway.mjs';
import { OpenId, signIn } from './provider.mjs';
import { check, finish } from '../report.mjs';

const PUBLIC = 'https://licences.example.com';
const openId = await OpenId.prepare();
const words = { issuer: openId.issuer, client_id: 'seatgraph', scopes: ['profile', 'email', 'groups'] };
const secret = openId.clientSecret;

const gateway = await Gateway.start(words, { secret });
const guarded = await Gateway.start({ ...words, client_id: 'public', allowed_groups: ['licence-admins'] }, { publicUrl: PUBLIC });
const hasty = await Gateway.start({ ...words, client_id: 'hasty', attempt_seconds: 1 }, { secret });
const mistaken = await Gateway.start({ ...words, client_id: 'mistaken' }, { secret: 'of another application' });
openId.register('seatgraph', gateway.url);
openId.register('public', PUBLIC, { secret: null });
openId.register('hasty', hasty.url);
openId.register('mistaken', mistaken.url);

const secrets = new Set([secret]);
const session = async (browser, at = gateway) => JSON.parse((await browser.open(`${at.url}/login/session`)).body).session;
const isBack = (url) => url.pathname === '/login/callback';

/** Starts a login. Returns the authorization URL, which has not been opened. */
async function begin(browser, { at = gateway, path = '/' } = {}) {
  const page = await browser.follow(`${at.url}/login?return=${encodeURIComponent(path)}`, (url) => url.origin === openId.issuer);
  assert.equal(page.status, 303, page.body);
  for (const name of ['state', 'nonce']) secrets.add(page.location.searchParams.get(name));
  return page.location;
}

/** Signs in at the provider. Returns the redirect URL, which has not been opened. */
async function agree(browser, there, person = 'anna') {
  const back = await signIn(browser, await browser.follow(there, isBack), person, isBack);
  secrets.add(back.searchParams.get('code'));
  return back;
}

async function login(browser, { at = gateway, person = 'anna', path = '/' } = {}) {
  const back = await agree(browser, await begin(browser, { at, path }), person);
  const page = await browser.open(back);
  const name = at.url.startsWith('https:') ? '__Host-seatgraph' : 'seatgraph';
  const token = browser.cookie(at.url, name)?.value;
  if (token) secrets.add(token);
  return { back, page, token };
}

/** Asserts that a page refuses the login: HTML without a script, and no session. */
async function refused(browser, page, status, code, at = gateway) {
  assert.equal(page.status, status, page.body);
  assert.ok(page.body.includes(`<small>${code}</small>`), page.body);
  assert.match(page.headers['content-security-policy'], /^default-src 'none';/);
  assert.ok(!page.body.includes('<script'), page.body);
  assert.equal(await session(browser, at), null);
}

await check('the gateway starts without the provider, and the error page has the reason', async () => {
  const browser = new Browser();
  assert.equal((await browser.open(`${gateway.url}/health/ready`)).status, 200);
  await refused(browser, await browser.open(`${gateway.url}/login`), 503, 'PROVIDER_SILENT');
});

openId.renew();
await openId.listen();

await check('an available provider is contacted again', async () => {
  const deadline = Date.now() + 30_000;
  while ((await new Browser().open(`${gateway.url}/login`)).status !== 303) assert.ok(Date.now() < deadline, gateway.log);
});

await check('the root redirects to the provider with PKCE, state and nonce', async () => {
  const browser = new Browser();
  const page = await browser.follow(`${gateway.url}/`, (url) => url.origin === openId.issuer);
  const asked = Object.fromEntries(page.location.searchParams);
  assert.equal(asked.response_type, 'code');
  assert.equal(asked.code_challenge_method, 'S256');
  assert.match(asked.code_challenge, /^[\w-]{43}$/);
  assert.match(asked.state, /^[\w-]{43}$/);
  assert.match(asked.nonce, /^[\w-]{43}$/);
  assert.deepEqual(asked.scope.split(' ').sort(), ['email', 'groups', 'openid', 'profile']);
  assert.equal(asked.redirect_uri, `${gateway.url}/login/callback`);
  assert.equal((await browser.open(`${gateway.url}/`, { headers: { accept: '*/*' } })).status, 200, 'a script is not sent away');
});

await check('a user logs in, and the session has their name and groups', async () => {
  const browser = new Browser();
  const { page } = await login(browser, { path: '/?tab=2#top' });
  assert.equal(page.status, 303);
  assert.equal(page.location.href, `${gateway.url}/?tab=2#top`);
  const { subject, name, email, groups, createdAt, expiresAt, idleExpiresAt } = await session(browser);
  assert.deepEqual({ subject, name, email, groups }, {
    subject: 'anna', name: 'Anna <b>Adler</b>', email: 'anna@example.com', groups: ['everyone', 'licence-admins'],
  });
  assert.equal(Date.parse(expiresAt) - Date.parse(createdAt), 12 * 60 * 60 * 1000);
  assert.equal(Date.parse(idleExpiresAt) - Date.parse(createdAt), 60 * 60 * 1000);
});

/** Sends a query like GraphiQL in this browser. */
async function ask(browser, query, headers = { 'sec-fetch-site': 'same-origin' }) {
  const options = { method: 'POST', headers: { accept: 'application/json', origin: gateway.url, ...headers }, json: { query } };
  const answer = await browser.open(`${gateway.url}/graphql`, options);
  return JSON.parse(answer.body);
}

await check('roles of the groups apply from the next request on', async () => {
  const browser = new Browser();
  await login(browser);
  const viewer = async () => (await ask(browser, '{ viewer { name roles } }')).data.viewer;
  assert.deepEqual(await viewer(), { name: 'Anna <b>Adler</b>', roles: [] });
  const refused = await ask(browser, '{ profiles(first: 1) { totalCount } }');
  assert.equal(refused.errors[0].extensions.code, 'FORBIDDEN');
  const role = await gateway.permit('licence-admins', 'INTEGRATOR');
  await gateway.permit('everyone', 'VIEWER');
  await gateway.permit('nobody', 'ADMIN');
  assert.deepEqual((await viewer()).roles, ['VIEWER', 'INTEGRATOR']);
  await gateway.withdraw(role);
  assert.deepEqual((await viewer()).roles, ['VIEWER']);
});

await check('the cookie of a cross-site request is ignored', async () => {
  const browser = new Browser();
  await login(browser);
  const answer = await ask(browser, '{ viewer { name } }', { 'sec-fetch-site': 'cross-site' });
  assert.equal(answer.errors[0].extensions.code, 'UNAUTHENTICATED');
});

await check('GraphiQL works after login', async () => {
  const browser = new Browser();
  await login(browser);
  const front = await browser.open(`${gateway.url}/`);
  assert.equal(front.status, 200);
  assert.match(front.body, /<title>Seatgraph/);
  const answer = await ask(browser, '{ profiles(first: 1) { totalCount } }');
  assert.deepEqual(answer, { data: { profiles: { totalCount: 0 } } });
});

await check('on loopback the cookie is HttpOnly and SameSite, with a plain name', async () => {
  const browser = new Browser();
  await login(browser);
  const { line } = browser.cookie(gateway.url, 'seatgraph');
  assert.match(line, /^seatgraph=[\w-]{43}; HttpOnly; SameSite=Lax; Path=\/; Max-Age=43200$/);
});

await check('with https it is Secure and host-prefixed', async () => {
  const browser = new Browser({ [PUBLIC]: guarded.port });
  const { page } = await login(browser, { at: guarded });
  assert.equal(page.location?.href, `${PUBLIC}/`, page.body);
  const { line } = browser.cookie(PUBLIC, '__Host-seatgraph');
  assert.match(line, /^__Host-seatgraph=[\w-]{43}; HttpOnly; SameSite=Lax; Secure; Path=\/; Max-Age=43200$/);
  assert.equal((await session(browser, guarded)).subject, 'anna');
});

await check('a user in no allowed group is refused', async () => {
  const browser = new Browser({ [PUBLIC]: guarded.port });
  const { page } = await login(browser, { at: guarded, person: 'bob' });
  await refused(browser, page, 403, 'NOT_IN_A_GROUP', guarded);
});

await check('an unverified e-mail address is not stored', async () => {
  const browser = new Browser();
  await login(browser, { person: 'bob' });
  assert.equal((await session(browser)).email, null);
});

await check('a group claim of the wrong type is refused', async () => {
  const browser = new Browser();
  const { page } = await login(browser, { person: 'odd' });
  await refused(browser, page, 502, 'CLAIM_NOT_UNDERSTOOD');
});

await check('groups are read from the ID token or from userinfo', async () => {
  openId.renew({ inToken: true });
  const browser = new Browser();
  await login(browser);
  assert.deepEqual((await session(browser)).groups, ['everyone', 'licence-admins']);
});

await check('a rotated key is fetched', async () => {
  openId.renew();
  const browser = new Browser();
  const { page } = await login(browser);
  assert.equal(page.status, 303, page.body);
  assert.equal((await session(browser)).subject, 'anna');
});

await check('a wrong state is refused, and the right one stays valid', async () => {
  const browser = new Browser();
  const back = await agree(browser, await begin(browser));
  const wrong = new URL(back);
  wrong.searchParams.set('state', 'x'.repeat(43));
  await refused(browser, await browser.open(wrong), 400, 'LOGIN_UNKNOWN');
  const without = new URL(back);
  without.searchParams.delete('state');
  await refused(browser, await browser.open(without), 400, 'LOGIN_UNKNOWN');
  assert.equal((await browser.open(back)).status, 303);
});

await check('a redirect URL works once', async () => {
  const browser = new Browser();
  const { back, token } = await login(browser);
  const again = await browser.open(back);
  assert.equal(again.status, 400);
  assert.ok(again.body.includes('LOGIN_USED'), again.body);
  assert.equal(browser.cookie(gateway.url, 'seatgraph').value, token, 'the session that it gave stays');
});

await check('another browser cannot finish a login', async () => {
  const [mine, theirs] = [new Browser(), new Browser()];
  const back = await agree(mine, await begin(mine));
  await begin(theirs);
  await refused(theirs, await theirs.open(back), 400, 'LOGIN_UNKNOWN');
  await refused(new Browser(), await new Browser().open(back), 400, 'LOGIN_UNKNOWN');
  assert.equal((await mine.open(back)).status, 303, 'and has not spoilt it');
});

await check('two windows of one browser can log in concurrently', async () => {
  const browser = new Browser();
  const [one, other] = [await begin(browser), await begin(browser)];
  assert.equal((await browser.open(await agree(browser, other))).status, 303);
  assert.equal((await browser.open(await agree(browser, one))).status, 303);
});

await check('a login expires', async () => {
  const browser = new Browser();
  const there = await begin(browser, { at: hasty });
  const back = await agree(browser, there);
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  // The cookie expires with the login attempt, but a client could still send it.
  await refused(browser, await browser.open(back), 400, 'LOGIN_UNKNOWN', hasty);
});

await check('a token with another nonce is refused', async () => {
  const browser = new Browser();
  const there = await begin(browser);
  there.searchParams.set('nonce', 'n'.repeat(43));
  await refused(browser, await browser.open(await agree(browser, there)), 502, 'TOKEN_NOT_VALID');
  assert.match(gateway.log, /nonce mismatch/);
});

await check('a code of another PKCE challenge is refused', async () => {
  const browser = new Browser();
  const there = await begin(browser);
  there.searchParams.set('code_challenge', 'c'.repeat(43));
  await refused(browser, await browser.open(await agree(browser, there)), 502, 'CODE_NOT_REDEEMED');
});

await check('the code of another user is refused', async () => {
  const [mine, theirs] = [new Browser(), new Browser()];
  const [back, stolen] = [await agree(mine, await begin(mine)), await agree(theirs, await begin(theirs), 'bob')];
  back.searchParams.set('code', stolen.searchParams.get('code'));
  await refused(mine, await mine.open(back), 502, 'CODE_NOT_REDEEMED');
});

await check('a wrong client secret has a remedy', async () => {
  const browser = new Browser();
  const { page } = await login(browser, { at: mistaken });
  await refused(browser, page, 502, 'CODE_NOT_REDEEMED', mistaken);
  assert.match(page.body, /invalid_client.*login\.client_secret/s);
});

await check('a declined login is refused, and texts of the provider are escaped', async () => {
  const browser = new Browser();
  const back = await begin(browser);
  const [state, address] = [back.searchParams.get('state'), new URL(`${gateway.url}/login/callback`)];
  const said = { state, error: 'access_denied', error_description: '<script>alert(1)</script>', iss: openId.issuer };
  for (const [name, value] of Object.entries(said)) address.searchParams.set(name, value);
  const page = await browser.open(address);
  await refused(browser, page, 400, 'PROVIDER_REFUSED');
  assert.ok(page.body.includes('&#60;script&#62;alert(1)&#60;/script&#62;'), page.body);
});

await check('a response of another issuer is refused', async () => {
  const browser = new Browser();
  const back = await agree(browser, await begin(browser));
  back.searchParams.set('iss', 'https://id.example.com');
  await refused(browser, await browser.open(back), 502, 'TOKEN_NOT_VALID');
  assert.match(gateway.log, /the response is from another issuer/);
});

await check('a login does not redirect to another site', async () => {
  for (const path of ['//evil.example', 'https://evil.example/', '/\\evil.example', '/login?return=/login']) {
    const { page } = await login(new Browser(), { path });
    assert.equal(page.location?.href, `${gateway.url}/`, path);
  }
});

await check('a login creates a new token and invalidates the old one', async () => {
  const browser = new Browser();
  const [first, second] = [await login(browser), await login(browser)];
  assert.notEqual(first.token, second.token);
  const old = await new Browser().open(`${gateway.url}/login/session`, { headers: { cookie: `seatgraph=${first.token}` } });
  assert.deepEqual(JSON.parse(old.body), { session: null });
  const planted = { headers: { cookie: `seatgraph=${'p'.repeat(43)}` } };
  assert.deepEqual(JSON.parse((await new Browser().open(`${gateway.url}/login/session`, planted)).body), { session: null });
});

await check('a login with another host name is redirected to the public URL', async () => {
  const browser = new Browser();
  const page = await browser.follow(`http://127.0.0.1:${gateway.port}/`, (url) => url.origin === openId.issuer);
  const done = await browser.open(await agree(browser, page.location));
  assert.equal(done.location?.href, `${gateway.url}/`, done.body);
  const proxied = { headers: { host: 'behind.a.proxy' } };
  assert.equal((await browser.open(`${gateway.url}/login?moved=1`, proxied)).location.origin, openId.issuer);
});

await check('a page of another site can neither end nor read a session', async () => {
  const browser = new Browser();
  await login(browser);
  const theirs = [{ 'sec-fetch-site': 'cross-site' }, { 'sec-fetch-site': 'same-site' }, { origin: 'https://evil.example' }, { origin: 'null' }];
  for (const headers of theirs) {
    const page = await browser.open(`${gateway.url}/logout`, { method: 'POST', headers });
    assert.equal(page.status, 403, JSON.stringify(headers));
    assert.equal((await browser.open(`${gateway.url}/login/session`, { headers })).status, 403, JSON.stringify(headers));
  }
  assert.equal((await session(browser)).subject, 'anna');
});

await check('a logout ends the session in the gateway and at the provider', async () => {
  const browser = new Browser();
  const { token } = await login(browser);
  const asks = await browser.open(`${gateway.url}/logout`);
  assert.ok(asks.body.includes('Anna &#60;b&#62;Adler&#60;/b&#62;'), asks.body);
  assert.match(asks.headers['content-security-policy'], new RegExp(`form-action 'self' ${openId.issuer};`));
  const left = await browser.submit(asks, {}, (url) => url.origin === openId.issuer);
  assert.equal(left.status, 303, left.body);
  secrets.add(left.location.searchParams.get('id_token_hint'));
  assert.equal(browser.cookie(gateway.url, 'seatgraph'), undefined);
  const old = await browser.open(`${gateway.url}/login/session`, { headers: { cookie: `seatgraph=${token}` } });
  assert.deepEqual(JSON.parse(old.body), { session: null });

  const theirs = await browser.follow(left.location);
  const back = await browser.submit(theirs, { logout: 'yes' });
  assert.equal(back.url.href, `${gateway.url}/logout`, back.body);
  assert.ok(back.body.includes('You are not signed in'), back.body);
  const next = await browser.follow(await begin(browser), isBack);
  assert.match(next.body, /name="prompt" value="login"/, 'the provider requires a new login');
});

await check('logins and logouts are audited', async () => {
  const auditEvents = await gateway.auditEvents('person:anna');
  assert.deepEqual({ ...auditEvents[0], clientAddress: '' }, { action: 'logout', actorName: 'Anna <b>Adler</b>', clientAddress: '' });
  assert.match(auditEvents[0].clientAddress, /^127\.0\.0\.1/);
  assert.ok(auditEvents.some(({ action }) => action === 'login'), JSON.stringify(auditEvents));
});

await check('GraphiQL works in Chromium after login, and a logout ends both sessions', () => inChromium(gateway));

await check('a logout works while the provider is unavailable', async () => {
  const browser = new Browser();
  await login(browser);
  await openId.stop();
  const page = await browser.submit(await browser.open(`${gateway.url}/logout`), {}, () => true);
  assert.equal(page.status, 303);
  assert.equal(await session(browser), null);
  await openId.listen();
});

await check('a private CA of the provider is accepted if configured', async () => {
  const authority = await certificates();
  const inner = await OpenId.prepare(authority);
  inner.renew();
  await inner.listen();
  const named = { ...words, issuer: inner.issuer };
  const [trusting, careful] = [await Gateway.start({ ...named, ca_file: authority.file }), await Gateway.start(named)];
  const page = await new Browser().open(`${trusting.url}/login`);
  assert.equal(page.location?.origin, inner.issuer, page.body);
  const browser = new Browser();
  await refused(browser, await browser.open(`${careful.url}/login`), 503, 'PROVIDER_SILENT', careful);
  assert.match(careful.log, /UnknownIssuer/);
  await Promise.all([trusting.stop(), careful.stop(), inner.stop()]);
  await authority.remove();
});

await check('other HTTP methods are refused', async () => {
  const browser = new Browser();
  for (const path of ['/login', '/login/callback', '/login/session']) {
    assert.equal((await browser.open(`${gateway.url}${path}`, { method: 'POST' })).status, 405, path);
  }
});

await check('logs, pages and the database contain no secret, code or token', async () => {
  secrets.delete(null);
  assert.ok(secrets.size > 20, `${secrets.size} secrets were seen`);
  for (const one of [gateway, guarded, hasty, mistaken]) {
    const places = { log: one.log, pages: Browser.seen.get(new URL(one.url).origin), database: await one.kept() };
    assert.ok(places.log.includes('TRACE'), 'the log level is TRACE');
    assert.ok(places.database.includes('login_attempts'), 'the database is read');
    for (const [place, text] of Object.entries(places)) {
      for (const secret of secrets) assert.ok(!text.includes(secret), `${secret} is in the ${place} of ${one.url}`);
    }
  }
});

await Promise.all([gateway, guarded, hasty, mistaken].map((one) => one.stop()));
await openId.stop();
finish();
