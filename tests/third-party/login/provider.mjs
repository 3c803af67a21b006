// The OpenID provider: oidc-provider, with a few users and the gateways as clients.
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import http from 'node:http';
import https from 'node:https';
import { once } from 'node:events';

import { Provider } from 'oidc-provider';

// It prints warnings about development settings at every start.
console.info = () => {};
console.warn = () => {};

const PEOPLE = {
  anna: { name: 'Anna <b>Adler</b>', email: 'anna@example.com', email_verified: true, groups: ['licence-admins', 'everyone'] },
  bob: { name: 'Bob Brown', email: 'bob@example.com', email_verified: false, groups: ['everyone'] },
  odd: { name: 'Odd', groups: { 'licence-admins': true } },
};

export class OpenId {
  #server;
  #callback;
  #clients = [];
  clientSecret = `secret-${randomUUID()}`;

  /** Reserves a port without listening. Uses TLS if it has a certificate and its key. */
  static async prepare(tls = undefined) {
    const openId = new OpenId();
    const answer = (request, response) => openId.#callback(request, response);
    openId.#server = tls ? https.createServer(tls, answer) : http.createServer(answer);
    openId.#server.listen(0, '127.0.0.1');
    await once(openId.#server, 'listening');
    openId.port = openId.#server.address().port;
    openId.issuer = `${tls ? 'https' : 'http'}://127.0.0.1:${openId.port}`;
    openId.#server.close();
    await once(openId.#server, 'close');
    return openId;
  }

  register(clientId, publicUrl, { secret = this.clientSecret } = {}) {
    const client = {
      client_id: clientId,
      redirect_uris: [`${publicUrl}/login/callback`],
      post_logout_redirect_uris: [`${publicUrl}/logout`],
      grant_types: ['authorization_code'],
      response_types: ['code'],
    };
    const proof = secret ? { client_secret: secret } : { token_endpoint_auth_method: 'none' };
    this.#clients.push({ ...client, ...proof });
  }

  /** Restarts with new keys and without sessions. `inToken` puts all claims into the ID token. */
  renew({ inToken = false } = {}) {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const provider = new Provider(this.issuer, {
      clients: this.#clients,
      claims: { openid: ['sub'], profile: ['name'], email: ['email', 'email_verified'], groups: ['groups'] },
      conformIdTokenClaims: !inToken,
      cookies: { keys: [randomUUID()] },
      features: { rpInitiatedLogout: { enabled: true } },
      findAccount: (_, accountId) => ({ accountId, claims: () => ({ sub: accountId, ...PEOPLE[accountId] }) }),
      jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), kid: randomUUID(), use: 'sig', alg: 'RS256' }] },
      pkce: { required: () => true },
    });
    this.#callback = provider.callback();
  }

  async listen() {
    this.#server.listen(this.port, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  async stop() {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }
}

/** Signs `person` in on the provider's pages and consents. Returns the redirect URL. */
export async function signIn(browser, page, person, back) {
  let shown = page;
  while (!shown.location) {
    const asks = /name="prompt" value="(\w+)"/.exec(shown.body)?.[1];
    if (!asks) throw new Error(`not a page of the provider's: ${shown.url} ${shown.status} ${shown.body.slice(0, 300)}`);
    shown = await browser.submit(shown, asks === 'login' ? { login: person, password: 'any' } : {}, back);
  }
  return shown.location;
}
