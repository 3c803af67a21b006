const OFFERED = 'seatgraph:operations';
const TABS = 'graphiql:tabState';
const EDITORS = ['graphiql:query', 'graphiql:variables'];

/**
 * The gateway's documents as GraphiQL's tabs.
 *
 * GraphiQL keeps tabs in the browser and would show them for ever. When the gateway offers other documents than last
 * time, or can fill in what it could not, its new ones come first and the tabs that a person wrote or changed stay
 * behind them. Another id to fill in is no news: it would put the tabs back with every run.
 */
export function offer(operations, filled, storage) {
  const offered = filled.map(({ query, variables }) => ({
    query,
    variables: variables ? JSON.stringify(variables, null, 2) : undefined,
  }));
  const fingerprint = JSON.stringify(
    operations.map(({ query, variables }, index) => {
      const shared = JSON.stringify(variables);
      return { query, shared, filled: shared !== JSON.stringify(filled[index].variables) };
    }),
  );
  const before = storage.getItem(OFFERED);

  if (offered.length === 0 || (before === fingerprint && storage.getItem(TABS))) {
    return {};
  }
  const kept = written(storage, [...offered, ...(parse(before) ?? [])]);
  storage.setItem(OFFERED, fingerprint);
  storage.removeItem(TABS);
  for (const key of EDITORS) {
    storage.removeItem(key);
  }
  // GraphiQL fills the first tab's query by itself, and its variables only when told.
  return { defaultTabs: [...offered, ...kept], initialVariables: offered[0].variables };
}

function written(storage, documents) {
  const tabs = parse(storage.getItem(TABS))?.tabs ?? [];
  const untouched = new Set(documents.map(({ query }) => query));
  return tabs
    .filter(({ query }) => query && !untouched.has(query))
    .map(({ query, variables }) => ({ query, variables: variables ?? undefined }));
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
