// What the YAML language server of editors says of configuration files. Each line read is
// {"schema": name, "text": YAML}; each line written is the list of its messages. Run it with
// build/node/node after scripts/setup-node.sh; the arguments are the folder that holds node_modules
// and the folder of the schemas.
import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import * as readline from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';

const [modules, schemas] = process.argv.slice(2);
const load = createRequire(modules + '/');
const { getLanguageService } = load('yaml-language-server');
const { TextDocument } = load('vscode-languageserver-textdocument');

const service = getLanguageService({
  schemaRequestService: uri => readFile(fileURLToPath(uri), 'utf8'),
  workspaceContext: { resolveRelativePath: path => path },
});
const ending = '.schema.json';
service.configure({
  validate: true,
  yamlVersion: '1.2',
  schemas: readdirSync(schemas).filter(name => name.endsWith(ending)).map(name => ({
    uri: pathToFileURL(schemas + '/' + name).href,
    fileMatch: [`/${name.slice(0, -ending.length)}/*.yaml`],
  })),
});

let count = 0;
for await (const line of readline.createInterface({ input: process.stdin })) {
  const { schema, text } = JSON.parse(line);
  const name = `file:///${schema}/${++count}.yaml`;  // the service keeps what it knows of a name
  const document = TextDocument.create(name, 'yaml', 0, text);
  const found = await service.doValidation(document, false);
  console.log(JSON.stringify(found.map(each => each.message)));
}
