// A minimal browser for logins: cookies (RFC 6265 and the `__Host-` prefix), redirects and forms.
import http from 'node:http';

export class Browser {
  /** All received pages, by origin. */
  static seen = new Map();

  #jars = new Map();
  #routes;

  /** `routes` maps an https origin to a local port, like a TLS proxy. */
  constructor(routes = {}) {
    this.#routes = routes;
  }

  /** Opens a URL without following redirects. */
  async open(address, { method = 'GET', headers = {}, form, json } = {}) {
    const url = new URL(address);
    const body = form ? new URLSearchParams(form).toString() : json && JSON.stringify(json);
    const kind = { 'content-type': json ? 'application/json' : 'application/x-www-form-urlencoded' };
    const sent = { accept: 'text/html', ...(body ? kind : {}), ...this.#cookies(url), ...headers };
    const answer = await exchange(this.#routes[url.origin] ?? url.port, url, method, sent, body);
    for (const line of answer.headers['set-cookie'] ?? []) this.#keep(url, line);
    Browser.seen.set(url.origin, (Browser.seen.get(url.origin) ?? '') + answer.body);
    return { url, ...answer };
  }

  /** Opens a URL and follows redirects to the first page, or to the first URL that `until` accepts. */
  async follow(address, until = () => false, options = {}) {
    let page = await this.open(address, options);
    for (let steps = 0; page.location; steps += 1) {
      if (steps > 20) throw new Error(`round in circles at ${page.url}`);
      if (until(page.location)) return page;
      page = await this.open(page.location);
    }
    return page;
  }

  /** Submits the form of a page with the given values. */
  async submit(page, filled = {}, until = undefined) {
    const form = page.body.match(/<form[^>]*action="([^"]+)"[^]*?<\/form>/);
    if (!form) throw new Error(`no form on ${page.url}: ${page.status} ${page.body.slice(0, 300)}`);
    const inputs = [...form[0].matchAll(/<input[^>]*name="([^"]+)"[^>]*>/g)];
    const values = inputs.map(([input, name]) => [name, input.match(/value="([^"]*)"/)?.[1] ?? '']);
    const data = { ...Object.fromEntries(values), ...filled };
    // The `Origin` of a form on a page with the policy `no-referrer`.
    const headers = { origin: 'null', 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'navigate' };
    return this.follow(new URL(form[1], page.url), until, { method: 'POST', form: data, headers });
  }

  cookie(address, name) {
    return this.#jars.get(new URL(address).hostname)?.get(name);
  }

  forget(address) {
    this.#jars.delete(new URL(address).hostname);
  }

  #cookies(url) {
    const jar = [...(this.#jars.get(url.hostname)?.values() ?? [])];
    const fit = jar.filter(({ path, secure }) => url.pathname.startsWith(path) && (!secure || url.protocol === 'https:'));
    return fit.length > 0 ? { cookie: fit.map(({ name, value }) => `${name}=${value}`).join('; ') } : {};
  }

  #keep(url, line) {
    const [pair, ...attributes] = line.split(/;\s*/);
    const [name, ...rest] = pair.split('=');
    const given = new Map(attributes.map((text) => [text.split('=')[0].toLowerCase(), text.split('=')[1] ?? '']));
    const cookie = {
      name,
      value: rest.join('='),
      line,
      path: given.get('path') || '/',
      secure: given.has('secure'),
      httpOnly: given.has('httponly'),
      sameSite: given.get('samesite'),
    };
    const prefixed = name.startsWith('__Host-');
    if (prefixed && !(cookie.secure && cookie.path === '/' && !given.has('domain') && url.protocol === 'https:')) return;
    const jar = this.#jars.get(url.hostname) ?? new Map();
    this.#jars.set(url.hostname, jar);
    const over = given.get('max-age') === '0' || Date.parse(given.get('expires')) < Date.now();
    if (over) jar.delete(name);
    else jar.set(name, cookie);
  }
}

function exchange(port, url, method, headers, body) {
  return new Promise((resolve, reject) => {
    const path = `${url.pathname}${url.search}`;
    const request = http.request({ host: '127.0.0.1', port, path, method, headers: { host: url.host, ...headers } });
    request.on('error', reject);
    request.on('response', (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const { statusCode: status, headers } = response;
        const location = headers.location && new URL(headers.location, url);
        resolve({ status, headers, location, body: Buffer.concat(chunks).toString() });
      });
    });
    request.end(body);
  });
}
