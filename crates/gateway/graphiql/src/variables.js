// A document that is shared cannot know ids. Where its variables say "$profile" or "$run", the visitor's own go in.
const QUERIES = {
  $profile: ['profiles', '{ profiles(first: 1) { nodes { id } } }'],
  $run: ['syncRuns', '{ syncRuns(first: 1) { nodes { id } } }'],
};

/** The operations with each placeholder filled in; one for which nothing exists yet stays as it is. */
export async function fill(operations, fetcher) {
  const asked = Object.keys(QUERIES).filter((name) => JSON.stringify(operations).includes(`"${name}"`));
  const ids = Object.fromEntries(await Promise.all(asked.map(async (name) => [name, await first(name, fetcher)])));
  return operations.map((operation) => ({ ...operation, variables: replace(operation.variables, ids) }));
}

async function first(name, fetcher) {
  const [field, query] = QUERIES[name];
  const { data } = await fetcher({ query });
  return data?.[field]?.nodes[0]?.id;
}

function replace(variables, ids) {
  const text = JSON.stringify(variables ?? null);
  return JSON.parse(text, (_key, value) => (typeof value === 'string' ? (ids[value] ?? value) : value));
}
