// The Relay project: one TypeScript module per document, and one with every connection of the schema.
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { Kind, getNamedType, isObjectType, print, visit } from 'graphql';

import { scalarsOf } from './documents.mjs';

const CONNECTIONS = 'Connections';

export function writeProject(folder, { sdl, schema }, documents) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, 'src'), { recursive: true });
  writeFileSync(join(folder, 'schema.graphql'), sdl);
  for (const { name, document } of documents) {
    writeModule(folder, name, [print(named(name, document))]);
  }
  writeModule(folder, CONNECTIONS, connections(schema));
  const config = {
    src: './src',
    schema: './schema.graphql',
    language: 'typescript',
    eagerEsModules: true,
    requireCustomScalarTypes: true,
    customScalarTypes: scalarsOf(schema),
  };
  writeFileSync(join(folder, 'relay.config.json'), JSON.stringify(config, null, 2));
}

export function compile(folder) {
  const compiler = resolve('node_modules/relay-compiler/cli.js');
  execFileSync(process.execPath, [compiler, 'relay.config.json'], { cwd: folder, stdio: 'pipe' });
}

function writeModule(folder, name, texts) {
  const tagged = texts.map((text, index) => `export const _${index} = graphql\`\n${text}\n\`;\n`);
  writeFileSync(join(folder, 'src', `${name}.ts`), `import { graphql } from 'relay-runtime';\n\n${tagged.join('\n')}`);
}

/** Relay requires the module name as prefix of each name, and the operation kind as suffix. */
function named(module, document) {
  const fragment = (name) => (name.startsWith(`${module}_`) ? name : `${module}_${name}`);
  const rename = (node, value) => ({ ...node, name: { kind: Kind.NAME, value } });
  return visit(document, {
    OperationDefinition(node) {
      const kind = node.operation[0].toUpperCase() + node.operation.slice(1);
      return rename(node, `${module}${kind}`);
    },
    FragmentDefinition: (node) => rename(node, fragment(node.name.value)),
    FragmentSpread: (node) => rename(node, fragment(node.name.value)),
  });
}

/** A refetchable, paginated fragment on each field that returns a connection. */
export function connections(schema) {
  const owners = Object.values(schema.getTypeMap()).filter(
    (type) => type === schema.getQueryType() || (isObjectType(type) && type.getInterfaces().some(isNode)),
  );
  return owners.flatMap((owner) =>
    Object.values(owner.getFields())
      .filter(({ type }) => getNamedType(type).name.endsWith('Connection'))
      .map(({ name }) => paginated(owner.name, name)),
  );
}

function isNode({ name }) {
  return name === 'Node';
}

function paginated(owner, field) {
  const name = `${owner}${field[0].toUpperCase()}${field.slice(1)}`;
  return `fragment ${CONNECTIONS}_${name} on ${owner}
@refetchable(queryName: "${CONNECTIONS}${name}Query")
@argumentDefinitions(first: { type: "Int", defaultValue: 20 }, after: { type: "String" }) {
  ${field}(first: $first, after: $after) @connection(key: "${CONNECTIONS}_${name}__${field}") {
    edges { node { __typename } }
  }
}`;
}
