// Runs the audit suite of GraphQL over HTTP, then subscriptions with the two reference clients.
import { serverAudits } from 'graphql-http';
import { finish, check } from '../report.mjs';
import { sockets } from './sockets.mjs';
import { events } from './events.mjs';
import { subscription, url } from './subject.mjs';

for (const audit of serverAudits({ url })) {
  await check(`graphql-http ${audit.id} ${audit.name}`, async () => {
    const result = await audit.fn();
    // A violated recommendation counts like a violated rule.
    if (result.status !== 'ok') throw new Error(`${result.status}: ${result.reason}`);
  });
}

const subject = await subscription();
await sockets(subject);
await events(subject);
finish();
