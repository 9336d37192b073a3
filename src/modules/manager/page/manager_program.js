// The manager's page: asks /status every few seconds. Needs page_functions.js.
"use strict";

const kEvery = 3000; // ms
const kNames = {llm: "LLM module", web: "web module"};
const kStates = {
  running: ["✓ runs", "good"],
  restarting: ["! ended by itself and is being started again", "warn"],
  stopped: ["– stopped", ""],
};

// The module's own page, where a browser of this machine can open it.
function pageOf(address) {
  const loopback = /^(127\.[\d.]+|\[::1\]):(\d+)$/.exec(address);
  return loopback ? `http://${address}/` : undefined;
}

function when(time) {
  const past = (Date.now() - Date.parse(time)) / 1000;
  return `${time.replace("T", " ").replace("Z", "")} UTC, ${span(Math.max(0, past))} ago`;
}

function fact(list, name, text) {
  make(list, "dt", name);
  return make(list, "dd", text);
}

function showModule(box, name, module) {
  const part = make(box, "section");
  const [state, grade] = kStates[module.state] || [module.state, "warn"];
  const title = make(part, "h2", `${kNames[name] || name}: `);
  make(title, "span", state, grade);
  const list = make(part, "dl");
  if (module.since) fact(list, "Since", when(module.since));
  if (module.address) {
    const shown = fact(list, "Address");
    const page = module.admin_address ? undefined : pageOf(module.address);
    make(shown, page ? "a" : "span", module.address);
    if (page) {
      shown.firstChild.href = page;
      shown.firstChild.textContent = `${module.address} – its status page`;
    }
  }
  if (module.admin_address) showAdmin(list, module.admin_address);
  if (module.version) fact(list, "Version", module.version);
  if (module.pid) fact(list, "Process", String(module.pid));
  for (const [key, words] of [["lanes", "Lanes"], ["backends", "Backends"]]) if (module[key] !== undefined) fact(list, words, String(module[key]));
  fact(list, "Restarts", `${module.restarts} after it ended by itself`);
  fact(list, "Takeovers", `${module.takeovers} without an interruption`);
  if (module.draining) fact(list, "Earlier processes", `${module.draining} still serve their sessions`);
  if (module.user_error) fact(list, "Answers", "every request with a user error, as a host asked");
  showEnd(part, module.last_end);
}

function showAdmin(list, address) {
  const shown = fact(list, "Watched at");
  const page = pageOf(address);
  make(shown, page ? "a" : "span", page ? `${address} – its status page` : address);
  if (page) shown.firstChild.href = page;
}

function showEnd(part, end) {
  if (!end) return;
  make(part, "h3", `Ended by itself: ${end.how || "?"}${end.when ? `, ${when(end.when)}` : ""}`);
  const lines = Array.isArray(end.last_lines) ? end.last_lines : [];
  if (lines.length) make(part, "pre", lines.join("\n")).setAttribute("tabindex", "0");
}

function findings(status) {
  const found = [];
  for (const [name, module] of Object.entries(status.modules)) {
    const of = kNames[name] || name;
    if (module.state === "restarting")
      found.push({grade: "bad", what: `The ${of} ended by itself and is being started again`, todo: "Its last lines are below. The pause before each start doubles, up to 30 s."});
    if (module.user_error) found.push({grade: "warn", what: `The ${of} answers every request with a user error`, todo: "A host started it so; a restart without user_error ends it."});
  }
  if (status.executions_error) found.push({grade: "bad", what: "The manager of the executions does not answer", todo: status.executions_error});
  if (Object.values(status.modules).every((module) => module.state === "stopped"))
    found.push({grade: "warn", what: "No module runs", todo: "Hosts start them (POST /module/start)."});
  return found.sort((a, b) => (a.grade === "bad" ? 0 : 1) - (b.grade === "bad" ? 0 : 1));
}

const isEmpty = (value) => !value || Object.keys(value).length === 0;

async function look() {
  const status = await ask("/status");
  byId("since").textContent = `version ${status.version}`;
  showVerdict(findings(status));
  const reading = byId("modules").contains(document.activeElement); // do not take the focus away
  if (!reading) {
    byId("modules").replaceChildren();
    for (const [name, module] of Object.entries(status.modules)) showModule(byId("modules"), name, module);
  }
  byId("executions").hidden = isEmpty(status.executions) && isEmpty(status.permits);
  byId("executions").querySelector("pre").textContent = JSON.stringify({executions: status.executions, permits: status.permits}, null, 1);
  byId("details").querySelector("pre").textContent = JSON.stringify(status, null, 1);
}

watch(look, kEvery, {what: "The manager does not answer", todo: "This page tries again."});
