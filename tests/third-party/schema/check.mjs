import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { Kind, validate, validateSchema } from 'graphql';

import { generate } from './codegen.mjs';
import { readDocuments, readSchema } from './documents.mjs';
import { check, finish } from '../report.mjs';
import { compile, connections, writeProject } from './relay.mjs';

const TSCONFIG = {
  compilerOptions: {
    target: 'es2022',
    module: 'esnext',
    moduleResolution: 'bundler',
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    types: [],
  },
  include: ['**/*.ts'],
};

const relay = resolve('relay');
const gql = resolve('codegen');

let source;
let documents;
await check('the schema and the documents parse', () => {
  source = readSchema(process.env.SCHEMA);
  documents = readDocuments(process.env.OPERATIONS);
  assert.ok(documents.length > 0, `no documents in ${process.env.OPERATIONS}`);
});
if (documents?.length) await compileAll();
finish();

async function compileAll() {
  await check('graphql-js: the schema is valid', () => assert.deepEqual(messages(validateSchema(source.schema)), []));
  for (const { name, document } of documents) {
    await check(`graphql-js: ${name} is valid and has one operation, of its own name`, () => {
      assert.deepEqual(messages(validate(source.schema, document)), []);
      const operations = document.definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION);
      assert.deepEqual(operations.map((operation) => operation.name?.value), [name]);
    });
  }

  await check(`relay-compiler: ${documents.length} documents, ${connections(source.schema).length} connections`, () => {
    writeProject(relay, source, documents);
    told(() => compile(relay));
  });
  await check('tsc: what relay-compiler generated', () => typecheck(relay));

  await check('graphql-codegen: client preset with strict scalars', () => generate(gql, source, documents));
  await check('tsc: what graphql-codegen generated', () => typecheck(gql));
}

function typecheck(folder) {
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(TSCONFIG));
  told(() => execFileSync(process.execPath, [resolve('node_modules/typescript/bin/tsc'), '-p', folder], { stdio: 'pipe' }));
}

/** The output of the compiler instead of "command failed". */
function told(run) {
  try {
    return run();
  } catch (error) {
    throw new Error(`${error.stdout ?? ''}${error.stderr ?? ''}`.trim() || error.message);
  }
}

function messages(errors) {
  return errors.map(({ message }) => message);
}
