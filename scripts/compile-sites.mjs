// Compiles tests/data/sites/svelte/App.svelte with the compiler of the npm package into FOLDER/sites/svelte.js.
// Usage: node scripts/compile-sites.mjs FOLDER, the folder of node_modules (scripts/setup-node.sh calls it).
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = path.resolve(process.argv[2]);
const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const { compile } = createRequire(folder + '/')('svelte/compiler');
const source = readFileSync(path.join(root, 'tests/data/sites/svelte/App.svelte'), 'utf8');
const { js } = compile(source, { filename: 'App.svelte', generate: 'dom' });
mkdirSync(path.join(folder, 'sites'), { recursive: true });
writeFileSync(path.join(folder, 'sites', 'svelte.js'), js.code);
