// The gateway's binary with a login and otherwise default settings.
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

export class Gateway {
  log = '';

  /** `login` is the table `[login]`. `secret` is set in the environment. */
  static async start(login, { publicUrl, secret } = {}) {
    const gateway = new Gateway();
    gateway.folder = await mkdtemp(join(tmpdir(), 'seatgraph-login-'));
    const lines = [
      "listen = '127.0.0.1:0'",
      ...(publicUrl ? [`public_url = '${publicUrl}'`] : []),
      `database = { url = '${join(gateway.folder, 'seatgraph.db')}' }`,
      "log = { level = 'trace' }",
      '[login]',
      ...Object.entries(login).map(([name, value]) => `${name} = ${JSON.stringify(value)}`),
    ];
    const file = join(gateway.folder, 'seatgraph.toml');
    await writeFile(file, lines.join('\n'));
    gateway.file = file;
    const environment = secret ? { SEATGRAPH_LOGIN__CLIENT_SECRET: secret } : {};
    const options = { env: { PATH: process.env.PATH, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] };
    gateway.process = spawn(process.env.SEATGRAPH_BIN, ['serve', '--config', file], options);
    gateway.port = await gateway.#port();
    gateway.url = publicUrl ?? `http://localhost:${gateway.port}`;
    return gateway;
  }

  #port() {
    return new Promise((resolve, reject) => {
      const read = (chunk) => {
        this.log += chunk;
        const port = /^GraphiQL: http:\/\/127\.0\.0\.1:(\d+)\/$/m.exec(this.log)?.[1];
        if (port) resolve(port);
      };
      this.process.stdout.on('data', read);
      this.process.stderr.on('data', read);
      this.process.on('exit', (code) => reject(new Error(`the gateway ended with ${code}: ${this.log}`)));
    });
  }

  /** Grants a role to a group. Returns the ID of the assignment. */
  async permit(group, role) {
    return (await this.#ask('mutation($input: AssignRoleInput!) { assignRole(input: $input) { assignment { id } userErrors { message } } }',
      { holder: { group }, role })).assignRole.assignment.id;
  }

  /** Revokes a role. */
  async withdraw(id) {
    await this.#ask('mutation($input: RemoveRoleInput!) { removeRole(input: $input) { userErrors { message } } }', { id });
  }

  /** The audit log entries of a user, newest first. */
  async auditEvents(actor) {
    const filter = `{ actor: { eq: ${JSON.stringify(actor)} } }`;
    return (await this.#ask(`{ auditEvents(first: 100, filter: ${filter}) { nodes { action actorName clientAddress } } }`)).auditEvents.nodes;
  }

  async #ask(query, input) {
    const made = ['token', 'create', '--config', this.file, '--role', 'admin'];
    const run = promisify(execFile);
    this.token ??= (await run(process.env.SEATGRAPH_BIN, made, { env: { PATH: process.env.PATH } })).stdout.trim();
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${this.token}` };
    const body = JSON.stringify({ query, variables: { input } });
    const answer = await (await fetch(`http://127.0.0.1:${this.port}/graphql`, { method: 'POST', headers, body })).json();
    if (answer.errors) throw new Error(JSON.stringify(answer.errors));
    return answer.data;
  }

  /** The content of the database, as a string with one character per byte. */
  async kept() {
    const names = (await readdir(this.folder)).filter((name) => name.startsWith('seatgraph.db'));
    const files = await Promise.all(names.map((name) => readFile(join(this.folder, name), 'latin1')));
    return files.join('');
  }

  async stop() {
    const ended = new Promise((resolve) => this.process.on('exit', resolve));
    this.process.kill('SIGTERM');
    await ended;
    await rm(this.folder, { recursive: true });
  }
}
