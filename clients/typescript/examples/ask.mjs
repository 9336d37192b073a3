// Asks an LLM module and, with a second address, a web module. Usage: ask.mjs ws://127.0.0.1:3031 [ws://127.0.0.1:3032 URL]
import { Client, FatalError, Hello, TransportError, UserError } from 'genvm-modules-client';

async function askLlm(address) {
  const llm = new Client(address, Hello.b(1, { tx_id: '0x1', node_address: '0x2' }), { timeoutMs: 60_000 });
  try {
    console.log('health:', (await llm.health()).fields.status);
    console.log('answer:', (await llm.prompt('What is the capital of France?')).data);
    console.log('json:', Object.fromEntries((await llm.promptJson('Name a colour as a JSON object.')).data));
    console.log('the same:', (await llm.eqComparative('The sky is blue.', 'The colour of the sky is blue.', 'The same meaning')).data);
    console.log('stats:', await llm.stats());
  } finally {
    llm.close();
  }
}

async function askWeb(address, url) {
  const web = new Client(address, Hello.c({ genvmId: 1, role: 'leader' }), { timeoutMs: 60_000 });
  try {
    const response = await web.request('GET', url, { sizeLimit: 1 << 20 });
    console.log('status:', response.status, 'bytes:', response.body.length);
    console.log('page:', (await web.renderText(url)).slice(0, 200));
  } finally {
    web.close();
  }
}

const [llm, web, url] = process.argv.slice(2);
try {
  await askLlm(llm);
  if (url !== undefined) await askWeb(web, url);
} catch (error) {
  if (error instanceof UserError) console.log('a contract may catch this:', error.message, error.ctx);
  else if (error instanceof FatalError) console.log('the operator must act:', error.code, error.detail);
  else if (error instanceof TransportError) console.log('no answer:', error.message, error.maybeExecuted ? '- it may have been executed' : '- nothing was sent');
  else throw error;
  process.exitCode = 1;
}
