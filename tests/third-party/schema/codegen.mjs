// The client preset of graphql-codegen, called like by its command line, which requires a newer Node.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { codegen } from '@graphql-codegen/core';
import { preset } from '@graphql-codegen/client-preset';
import { Kind, parse, print } from 'graphql';

import { scalarsOf } from './documents.mjs';

export async function generate(folder, { sdl, schema }, documents) {
  rmSync(folder, { recursive: true, force: true });
  const outputs = await preset.buildGeneratesSection({
    baseOutputDir: `${join(folder, 'gql')}/`,
    schema: parse(sdl),
    schemaAst: schema,
    documents: documents.map(({ name, document }) => ({
      location: `${name}.graphql`,
      document,
      rawSDL: print(document),
    })),
    config: { strictScalars: true, scalars: scalarsOf(schema), useTypeImports: true },
    presetConfig: {},
    plugins: [],
    pluginMap: {},
    documentTransforms: [],
  });
  for (const output of outputs) {
    const text = await codegen({ ...output, schemaAst: schema });
    mkdirSync(dirname(output.filename), { recursive: true });
    writeFileSync(output.filename, text);
  }
  writeFileSync(join(folder, 'use.ts'), uses(documents));
}

/** Uses the result and the variables of each document, like a component. */
function uses(documents) {
  const operations = documents.flatMap(({ document }) =>
    document.definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION).map(({ name }) => pascal(name.value)),
  );
  const lines = operations.map(
    (name) => `export type ${name} = [ResultOf<typeof ${name}Document>, VariablesOf<typeof ${name}Document>];`,
  );
  return [
    `import type { ResultOf, VariablesOf } from '@graphql-typed-document-node/core';`,
    `import type { ${operations.map((name) => `${name}Document`).join(', ')} } from './gql/graphql';`,
    ...lines,
    '',
  ].join('\n');
}

function pascal(name) {
  return name[0].toUpperCase() + name.slice(1);
}
