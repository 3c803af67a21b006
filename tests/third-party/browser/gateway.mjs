// A client of the gateway that prepares the data for the browser.

export class Gateway {
  constructor(address) {
    this.origin = new URL(address).origin;
  }

  async operations() {
    const response = await fetch(`${this.origin}/graphiql/operations.json`);
    if (!response.ok) throw new Error(`operations.json answered ${response.status}`);
    return response.json();
  }

  async ask(query, variables) {
    const response = await fetch(`${this.origin}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables }),
    });
    const { data, errors } = await response.json();
    if (errors) throw new Error(JSON.stringify(errors));
    return data;
  }

  async firstProfile() {
    const { profiles } = await this.ask('{ profiles(first: 1) { nodes { id } } }');
    if (profiles.nodes.length === 0) throw new Error('the gateway tracks no profile');
    return profiles.nodes[0].id;
  }

  /** Starts a run, unless one is open. In both cases, events follow. */
  async sync(profileId) {
    const { startSync } = await this.ask(
      'mutation ($input: StartSyncInput!) { startSync(input: $input) { userErrors { code message } } }',
      { input: { profileId } },
    );
    const refusal = startSync.userErrors.find(({ code }) => code !== 'CONFLICT');
    if (refusal) throw new Error(refusal.message);
  }
}
