// The schema and the documents as files, and the types of the scalars.
import { readFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';

import { buildSchema, isScalarType, isSpecifiedScalarType, parse } from 'graphql';

/** The JSON type of each scalar. A new scalar fails the check, because frontends need its type. */
export const SCALARS = {
  CountryCode: 'string',
  CurrencyCode: 'string',
  Date: 'string',
  DateTime: 'string',
  Decimal: 'string',
  JSON: 'unknown',
  URL: 'string',
};

export function readSchema(path) {
  const sdl = readFileSync(path, 'utf8');
  return { sdl, schema: buildSchema(sdl) };
}

export function readDocuments(folder) {
  const files = readdirSync(folder).filter((name) => name.endsWith('.graphql'));
  return files.sort().map((file) => ({
    name: basename(file, '.graphql'),
    document: parse(readFileSync(join(folder, file), 'utf8')),
  }));
}

/** The custom scalars with their types. Throws if `SCALARS` does not contain one. */
export function scalarsOf(schema) {
  const own = Object.values(schema.getTypeMap()).filter((type) => isScalarType(type) && !isSpecifiedScalarType(type));
  const unknown = own.filter(({ name }) => !(name in SCALARS));
  if (unknown.length > 0) throw new Error(`no type in documents.mjs for: ${unknown.join(', ')}`);
  return Object.fromEntries(own.map(({ name }) => [name, SCALARS[name]]));
}
