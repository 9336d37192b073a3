// A client for GenVM Modules: the LLM module and the web module of GenLayer's GenVM.
export * as calldata from './calldata.js';
export { AccountAddress, type Encodable, type Value } from './calldata.js';
export { Client, type CallOptions, type ClientOptions, type PromptOptions } from './client.js';
export { readFatal, type FormValue } from './debug_form.js';
export * from './errors.js';
export { Hello, type Generation, type HelloC, type HostData } from './hello.js';
export { checkedJson } from './json.js';
export { DEFAULT_FUEL, type Answer, type JsonObject, type Method, type RenderOptions, type RequestOptions, type WebResponse } from './messages.js';
export { type Backoff, type Options } from './options.js';
export { health, metrics, type Health, type Sample } from './status.js';
