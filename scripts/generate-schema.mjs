// schemas/*.schema.json -> src/schema/generated/: TypeScript types of all of them, and standalone
// validators of the documents that people write. `--check` compares instead of writing.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import standalone from 'ajv/dist/standalone/index.js';
import { build } from 'esbuild';
import { compile } from 'json-schema-to-typescript';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const schemaDir = path.join(root, 'schemas');
const outDir = path.join(root, 'src/schema/generated');
/** Documents from outside, checked at run time. Results are checked by the tests alone. */
const VALIDATED = [
  'descriptor',
  'device',
  'device-inventory',
  'conversion-request',
  'adapter',
  'preprocess',
];

const files = readdirSync(schemaDir)
  .filter((file) => file.endsWith('.schema.json'))
  .sort();
const schemas = new Map(
  files.map((file) => [file, JSON.parse(readFileSync(path.join(schemaDir, file), 'utf8'))]),
);

/** json-schema-to-typescript takes a property of this name for the old schema keyword. */
const EXTENDS = 'propertyNamedExtends';

/** The `x-` door is for foreign keys: our own types do without it, so a typing slip stays an error. */
function withoutDoor(value) {
  if (Array.isArray(value)) return value.map(withoutDoor);
  if (typeof value !== 'object' || value === null) return value;
  // text, or an object with a schema of its own: the types know it as a union
  if (Array.isArray(value.type) && value.then !== undefined) {
    const { title, description, then: words, else: others } = value;
    return { title, description, anyOf: [{ type: 'string', ...others }, words] };
  }
  const entries = Object.entries(value).filter(
    ([key]) => key !== 'patternProperties' && key !== '$id',
  );
  return Object.fromEntries(
    entries.map(([key, inner]) => [key === 'extends' ? EXTENDS : key, withoutDoor(inner)]),
  );
}

async function types() {
  const properties = Object.fromEntries(
    files
      .filter((file) => file !== 'common.schema.json')
      .map((file) => [file.replace('.schema.json', ''), { $ref: file }]),
  );
  const text = await compile(
    { title: 'AllSchemas', type: 'object', properties, additionalProperties: false },
    'AllSchemas',
    {
      cwd: `${schemaDir}/`,
      additionalProperties: false,
      bannerComment: '// Generated from schemas/ by scripts/generate-schema.mjs. Do not edit.',
      style: { singleQuote: true, printWidth: 100 },
      $refOptions: {
        resolve: {
          stripped: {
            order: 1,
            canRead: /\.schema\.json$/,
            read: (file) =>
              JSON.stringify(
                withoutDoor(schemas.get(path.basename(new URL(file.url, 'file:///').pathname))),
              ),
          },
        },
      },
    },
  );
  return text.replaceAll(EXTENDS, 'extends');
}

async function validator(name) {
  const ajv = new Ajv2020({
    allErrors: true,
    strict: true,
    allowUnionTypes: true,
    code: { source: true, esm: true, lines: false },
  });
  ajv.addKeyword('tsType');
  for (const schema of schemas.values()) ajv.addSchema(schema);
  const validate = ajv.getSchema(schemas.get(`${name}.schema.json`).$id);
  // ajv's ESM output still calls require() for its helpers (ajv #2209): bundle them in
  const result = await build({
    stdin: { contents: standalone.default(ajv, validate), resolveDir: root, loader: 'js' },
    bundle: true,
    // names in the output must not depend on where node_modules lies
    absWorkingDir: root,
    preserveSymlinks: true,
    write: false,
    format: 'iife',
    globalName: 'validators',
    platform: 'neutral',
    mainFields: ['main'],
    target: 'node20',
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
  });
  return [
    '// Generated from schemas/ by scripts/generate-schema.mjs. Do not edit.',
    '// @ts-nocheck',
    "import type { Validate } from '../validate.js';",
    result.outputFiles[0].text.trimEnd(),
    'export const validate: Validate = validators.default;',
    '',
  ].join('\n');
}

const outputs = new Map([['types.ts', await types()]]);
for (const name of VALIDATED) outputs.set(`${name}.ts`, await validator(name));

const check = process.argv.includes('--check');
mkdirSync(outDir, { recursive: true });
const stale = [];
for (const [file, text] of outputs) {
  const target = path.join(outDir, file);
  if (check && (!existsSync(target) || readFileSync(target, 'utf8') !== text)) stale.push(file);
  if (!check) writeFileSync(target, text);
}
if (stale.length > 0) {
  console.error(`generated code is out of date: ${stale.join(', ')}; run: npm run generate`);
  process.exitCode = 1;
} else {
  console.log(`${outputs.size} generated files ${check ? 'are up to date' : 'written'}`);
}
