import './workers.js';
import './style.css';

import { createGraphiQLFetcher } from '@graphiql/toolkit';
import { GraphiQL } from 'graphiql';
import { createClient } from 'graphql-ws';
import { createRoot } from 'react-dom/client';

import { offer } from './tabs.js';
import { fill } from './variables.js';

const scheme = location.protocol === 'https:' ? 'wss' : 'ws';

const fetcher = createGraphiQLFetcher({
  url: '/graphql',
  // Plain answers: nothing here is delivered in parts, and the gateway then says what it means by status.
  enableIncrementalDelivery: false,
  headers: { accept: 'application/graphql-response+json, application/json' },
  wsClient: createClient({ url: `${scheme}://${location.host}/graphql/ws` }),
});

const response = await fetch('/graphiql/operations.json');
const operations = response.ok ? await response.json() : [];
const tabs = offer(operations, await fill(operations, fetcher), localStorage);

const present = await fetch('/login/session');
const { session } = present.ok ? await present.json() : {};

createRoot(document.getElementById('graphiql')).render(
  <GraphiQL
    fetcher={fetcher}
    defaultTabs={tabs.defaultTabs}
    initialVariables={tabs.initialVariables}
    defaultEditorToolsVisibility="variables"
    inputValueDeprecation
    schemaDescription
  >
    <GraphiQL.Logo>
      <span className="seatgraph-logo">Seatgraph</span>
      {session && (
        <a className="seatgraph-person" href="/logout" title={`Signed in as ${session.name}`}>
          {session.name} · Sign out
        </a>
      )}
    </GraphiQL.Logo>
  </GraphiQL>,
);
