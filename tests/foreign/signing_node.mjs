// HTTP messages signed and verified by http-message-sig, for tests to compare with. The lines it
// reads and writes are those of signing_python.py. Run it with build/node/node after
// scripts/setup-node.sh; the first argument is the folder that holds node_modules.
import * as crypto from 'node:crypto';
import { createRequire } from 'node:module';
import * as readline from 'node:readline';

const { component, createSignature, verifySignature } =
    createRequire(process.argv[2] + '/')('http-message-sig');

const ecdsa = { dsaEncoding: 'ieee-p1363' };
const pss = { padding: crypto.constants.RSA_PKCS1_PSS_PADDING, saltLength: 64 };
const kinds = {
  'ed25519': { hash: null },
  'ecdsa-p256-sha256': { hash: 'sha256', ...ecdsa },
  'ecdsa-p384-sha384': { hash: 'sha384', ...ecdsa },
  'ES256K': { hash: 'sha256', ...ecdsa },
  'rsa-pss-sha512': { hash: 'sha512', ...pss },
  'rsa-v1_5-sha256': { hash: 'sha256', padding: crypto.constants.RSA_PKCS1_PADDING },
};

function keyFor(algorithm, text) {
  if (algorithm === 'hmac-sha256') {
    const mac = data => crypto.createHmac('sha256', Buffer.from(text, 'hex')).update(data).digest();
    return { algorithm, sign: mac, verify: (data, s) => Buffer.compare(mac(data), Buffer.from(s)) === 0 };
  }
  const { hash, ...options } = kinds[algorithm];
  const key = { key: text, ...options };
  return {
    algorithm,
    sign: data => crypto.sign(hash, data, key),
    verify: (data, signature) => crypto.verify(hash, data, key, signature),
  };
}

function descriptor(given) {
  const fields = given.headers.map(([name, value]) => ({ name, value }));
  if (given.status === undefined)
    return {
      kind: 'request',
      method: given.method,
      targetUri: given.url,
      requestTarget: given.target,
      fields,
    };
  const request = given.request ? descriptor(given.request) : undefined;
  return { kind: 'response', status: given.status, fields, request };
}

// `"name";req;key="a"` as the library wants it.
function parsed(text) {
  const [, name, rest] = /^"?([^";]+)"?(.*)$/.exec(text);
  const parameters = {};
  for (const [, key, value] of rest.matchAll(/;([a-z]+)(?:="([^"]*)")?/g))
    parameters[key] = value ?? true;
  return component(name, parameters);
}

async function answer(asked) {
  const key = keyFor(asked.algorithm, asked.key);
  const message = descriptor(asked.message);
  if (asked.op === 'sign') {
    const fields = await createSignature(message, {
      label: asked.label,
      components: asked.components.map(parsed),
      parameters: { created: asked.created, keyid: asked.keyid, alg: asked.algorithm, nonce: 'n-1' },
      signer: key,
    });
    return { input: fields.signatureInput, signature: fields.signature };
  }
  const verified = await verifySignature(message, {
    label: asked.label,
    policy: { algorithms: [asked.algorithm], requiredComponents: [], requiredParameters: [] },
    resolveVerifier: () => key,
  });
  return { ok: verified.label === asked.label };
}

for await (const line of readline.createInterface({ input: process.stdin })) {
  let reply;
  try {
    reply = await answer(JSON.parse(line));
  } catch (e) {
    reply = { error: `${e.name}: ${e.code ?? ''} ${e.message}` };
  }
  process.stdout.write(JSON.stringify(reply) + '\n');
}
