// The status page of a module: asks /health, /metrics and /status/problems every few seconds, more rarely for the budgets, and
// once for the last hour. Needs page_functions.js.
"use strict";

const kEvery = 5000; // ms
const kHour = 3600; // s
const kRecent = 300; // s: what "lately" means
const kBudgetsEvery = 30000; // ms: the ledger is read for them

// --- Metrics -------------------------------------------------------------------------------------------------------------

// [{name, labels, value}] of Prometheus' text format.
function samplesOf(text) {
  const samples = [];
  for (const line of text.split("\n")) {
    const parts = /^([A-Za-z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line);
    if (!parts) continue;
    const labels = {};
    for (const [, name, value] of (parts[2] || "").matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g))
      labels[name] = value.replace(/\\(.)/g, (_, c) => (c === "n" ? "\n" : c));
    samples.push({name: parts[1], labels, value: Number(parts[3])});
  }
  return samples;
}

// The keys of /status/history: samples that agree in these labels are added up.
const kKeptLabels = ["outcome", "kind", "le", "limit"];
function sumsOf(samples) {
  const sums = new Map();
  for (const {name, labels, value} of samples) {
    const kept = Object.entries(labels).filter(([label]) => kKeptLabels.includes(label)).map(([label, of]) => `${label}="${of}"`);
    const key = kept.length ? `${name}{${kept.join(",")}}` : name;
    sums.set(key, (sums.get(key) || 0) + value);
  }
  return sums;
}

// Points of the last hour: {time, sums}.
const points = [];
function remember(time, sums) {
  points.push({time, sums});
  while (points.length > 1 && points[0].time < time - kHour) points.shift();
}
function rememberHistory(history) {
  const before = history.times.map((time, i) => {
    const sums = new Map();
    for (const [key, values] of Object.entries(history.series)) if (values[i] !== null) sums.set(key, values[i]);
    return {time, sums};
  });
  points.unshift(...before);
}

// All keys of one metric.
function matches(key, name, outcomes) {
  if (!key.startsWith(name)) return false;
  const rest = key.slice(name.length);
  if (rest === "") return true;
  if (!rest.startsWith("{")) return false;
  return !outcomes || outcomes.some((outcome) => rest.includes(`"${outcome}"`));
}
function total(sums, name, outcomes) {
  let found = false;
  let sum = 0;
  for (const [key, value] of sums) {
    if (!matches(key, name, outcomes)) continue;
    found = true;
    sum += value;
  }
  return found ? sum : undefined;
}
// By how much a counter grew. A process that started anew counts from 0.
const growth = (from, to) => (to === undefined ? undefined : from === undefined || to < from ? to : to - from);
function grew(first, last, name, outcomes) {
  return growth(total(first.sums, name, outcomes), total(last.sums, name, outcomes));
}
function pointBefore(seconds) {
  const last = points[points.length - 1];
  return points.find((point) => point.time >= last.time - seconds) || last;
}

const kDuration = "genvm_serve_request_duration_seconds";
// Within the bucket it is taken to be spread evenly.
function quantile(first, last, q) {
  const buckets = [];
  for (const key of last.sums.keys()) {
    const le = new RegExp(`^${kDuration}_bucket\\{le="(.*)"\\}$`).exec(key);
    if (le) buckets.push([le[1] === "+Inf" ? Infinity : Number(le[1]), growth(first.sums.get(key), last.sums.get(key))]);
  }
  buckets.sort((a, b) => a[0] - b[0]);
  if (!buckets.length) return undefined;
  const wanted = buckets[buckets.length - 1][1] * q;
  if (!(wanted > 0)) return undefined;
  let below = 0;
  let bound = 0;
  for (const [le, count] of buckets) {
    if (count >= wanted) return le === Infinity ? bound : bound + ((le - bound) * (wanted - below)) / (count - below || 1);
    below = count;
    bound = le;
  }
  return bound;
}

// Of genvm_serve_refused_total, where no limit can be raised: what was refused, and what to do.
const kRefusals = {
  allowed_origins: ["sessions of web pages were refused", "serve.allowed_origins lists the pages that may open one."],
  peer_address: ["connections from other addresses were refused", "serve.peers.addresses lists those that may connect."],
  peer_user: ["connections of other users were refused", "serve.peers.uids and gids list those that may connect."],
  peer_token: ["sessions without a right token were refused", "The host must show one of serve.peers; a token in a loop is somebody who guesses."],
  admin_connections: ["connections to serve.admin_address were closed, because too many were open", "Look at who connects there."],
  admin_token: ["wrong admin tokens were shown", "Somebody guesses, or has the one before: look at who reaches this address."],
};

// This page itself asks without a token first.
const kNotTold = ["shutting_down", "watcher"];

// --- What is wrong -------------------------------------------------------------------------------------------------------

// [{grade: "bad" | "warn", what, todo}], the worst first.
function findings(health, samples, last) {
  const found = [];
  const add = (grade, what, todo) => found.push({grade, what, todo});
  const recent = pointBefore(kRecent);
  const lately = (name, outcomes) => grew(recent, last, name, outcomes) || 0;
  const now = (name) => total(last.sums, name) || 0;
  const minutes = `in the last ${span(Math.max(1, last.time - recent.time))}`;

  if (health.status === "stopping") add("warn", "The module is shutting down", "Requests in progress are finished; nothing new is accepted.");
  if (health.status === "unhealthy") add("bad", "The module says that it is not healthy", "The reason is below, under “What the module says about its health”.");
  const ended = lately("genvm_serve_requests_total");
  const bad = lately("genvm_serve_requests_total", ["failed", "deadline", "dropped"]);
  if (ended >= 5 && bad / ended > 0.05)
    add(bad / ended > 0.5 ? "bad" : "warn", `${percent(bad, ended)} of the requests got no reply ${minutes} (${bad} of ${ended})`,
      "The warnings and errors below say why.");
  if (now("genvm_llm_ledger_alarm") > 0)
    add("bad", "The ledger cannot be written", "Look at the disk or the database of the ledger. Until then budgets decide by memory, or prompts are refused (ledger.when_broken).");
  if (lately("genvm_llm_ledger_unreserved_total") > 0)
    add("bad", `${lately("genvm_llm_ledger_unreserved_total")} calls were made ${minutes} without being written down`, "The ledger is broken and ledger.when_broken is “continue”.");
  if (lately("genvm_llm_ledger_refused_total") > 0)
    add("warn", `A budget refused ${lately("genvm_llm_ledger_refused_total")} calls ${minutes}`, "The table of budgets below shows how full each is; a call is reserved at the most it can cost.");
  for (const {name, scope, used, resets_at: until} of budgets.filter((row) => row.used >= 1))
    add("warn", `The budget “${name}”${scope ? ` of ${scope}` : ""} is used up (${(100 * used).toFixed(0)} %)`,
      until ? `It begins anew at ${until.slice(0, 16).replace("T", " ")} UTC; a higher limit takes effect by a reload.` : "A higher limit takes effect by a reload.");
  const models = samples.filter((s) => s.name === "genvm_llm_candidate_available");
  const paused = models.filter((s) => s.value === 0);
  const names = [...new Set(paused.map((s) => `${s.labels.backend}/${s.labels.model}`))].join(", ");
  if (paused.length > 0)
    add(paused.length === models.length ? "bad" : "warn",
      `${paused.length === models.length ? "No model answers" : `${paused.length} of ${models.length} ways to a model rest after failures`}: ${names}`,
      "They are tried again by themselves. genvm-modules llm-check says what is wrong with them.");
  const calls = lately("genvm_llm_calls_total");
  const failed = lately("genvm_llm_calls_total", ["failed"]);
  if (calls >= 5 && failed / calls > 0.2)
    add("warn", `${percent(failed, calls)} of the calls at models failed ${minutes}`, "Other models stood in for them where they could; the table of models says which fail.");
  const starts = lately("genvm_web_browser_failed_starts_total");
  if (starts > 0)
    add(now("genvm_web_browsers") > 0 ? "warn" : "bad", `A browser could not be started ${starts} times ${minutes}`, "genvm-modules doctor says what is missing.");
  if (lately("genvm_web_browser_lease_timeouts_total") > 0)
    add("warn", `${lately("genvm_web_browser_lease_timeouts_total")} pages found no free browser in time ${minutes}`, "More browser sessions, or less time for each page, would help (docs/rendering.md).");
  if (lately("genvm_web_browser_crashes_total") > 0)
    add("warn", `${lately("genvm_web_browser_crashes_total")} browsers crashed ${minutes}`, "They are replaced by themselves; a page may be too large for the memory of its cell.");
  for (const [name, of] of [["genvm_web_requests", "requests to servers"], ["genvm_web_renders", "pages"]]) {
    const sent = lately(`${name}_total`);
    const lost = lately(`${name}_failed_total`);
    if (sent >= 5 && lost / sent > 0.5) add("warn", `${percent(lost, sent)} of the ${of} failed ${minutes}`, "Contracts get the reason. Refusals by the policy count, too.");
  }
  if (now("genvm_llm_prices_outdated") > 0) add("warn", "The price catalogue is out of date", "Give pricing.file a newer one; it is read again by itself.");
  for (const {labels} of samples.filter((s) => s.name === "genvm_serve_refused_total" && !kNotTold.includes(s.labels.limit))) {
    const refused = grew(recent, last, "genvm_serve_refused_total", [labels.limit]) || 0;
    const [what, todo] = kRefusals[labels.limit] || [`connections were refused: ${labels.limit}`, `Raise serve.${labels.limit}, or look at who connects.`];
    if (refused > 0) add("warn", `${refused} ${what} ${minutes}`, todo);
  }
  return found.sort((a, b) => (a.grade === "bad" ? 0 : 1) - (b.grade === "bad" ? 0 : 1));
}

// --- Figures and plots ---------------------------------------------------------------------------------------------------

function showTiles(last, health) {
  const recent = pointBefore(60);
  const time = Math.max(1, last.time - recent.time);
  const hour = points[0];
  const ended = grew(recent, last, "genvm_serve_requests_total") || 0;
  const lately = pointBefore(kRecent);
  const all = grew(lately, last, "genvm_serve_requests_total") || 0;
  const bad = grew(lately, last, "genvm_serve_requests_total", ["failed", "deadline", "dropped"]) || 0;
  const cost = grew(hour, last, "genvm_llm_cost_usd_total");
  const tiles = [
    ["Requests", `${number(ended / time)}/s`, "in the last minute"],
    ["Without a reply", percent(bad, all), `${number(bad)} of ${number(all)} in 5 minutes`],
    ["Time of a request", seconds(quantile(lately, last, 0.5)), `99 % within ${seconds(quantile(lately, last, 0.99))}`],
    ["Sessions", number(health.sessions), `of at most ${number(health.max_sessions)}`],
  ];
  if (cost !== undefined)
    tiles.push(["Charged", dollars(cost), `in the last ${span(Math.max(1, last.time - hour.time))}`],
      ["Tokens", number(grew(hour, last, "genvm_llm_tokens_total")), `${number(total(last.sums, "genvm_llm_ledger_backlog") || 0)} calls not yet in the ledger`]);
  if (total(last.sums, "genvm_web_requests_total") !== undefined)
    tiles.push(["Requests to servers", number(grew(hour, last, "genvm_web_requests_total")), `${number(grew(hour, last, "genvm_web_requests_failed_total"))} failed`],
      ["Pages", number(grew(hour, last, "genvm_web_renders_total")), `${number(grew(hour, last, "genvm_web_renders_failed_total"))} failed`],
      ["Refused", number(grew(hour, last, "genvm_web_refused_total")), "by the policy"],
      ["Browsers", number(total(last.sums, "genvm_web_browsers")), `${number(total(last.sums, "genvm_web_browser_leases_waiting"))} pages wait`]);
  const box = byId("tiles");
  box.replaceChildren();
  for (const [name, value, more] of tiles) {
    const tile = make(box, "div", undefined, "tile");
    make(tile, "span", name);
    make(tile, "b", value);
    make(tile, "small", more);
  }
}

// One value for each minute or so of the hour: [{time, value}].
function rates(of, smallest) {
  const out = [];
  let from = points[0];
  for (const point of points) {
    if (point.time - from.time < smallest) continue;
    out.push({time: point.time, value: of(from, point)});
    from = point;
  }
  return out;
}

// Seconds that the plots show: what there is of the hour, and some minutes at least.
const shown = () => Math.min(kHour, Math.max(kRecent, points[points.length - 1].time - points[0].time));

const kSvg = "http://www.w3.org/2000/svg";
function plot(box, title, unit, lines) {
  const last = points[points.length - 1].time;
  const values = lines.flatMap((line) => line.points.map((p) => p.value)).filter((v) => v !== undefined && !Number.isNaN(v));
  const top = Math.max(...values, 0);
  const figure = make(box, "figure");
  const caption = make(figure, "figcaption");
  make(caption, "strong", title);
  const says = [];
  lines.forEach((line, i) => {
    const latest = line.points.length ? line.points[line.points.length - 1].value : undefined;
    const words = `${line.name ? line.name + " " : ""}${unit(latest)}`;
    says.push(`now ${words}`);
    make(caption, "span", words, lines.length > 1 ? `key ${i ? "second" : "first"}` : "first");
  });
  const svg = figure.appendChild(document.createElementNS(kSvg, "svg"));
  svg.setAttribute("viewBox", "0 0 360 100");
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", `${title} in the last ${span(shown() + 1)}: at most ${unit(top)}, ${says.join(", ")}`);
  for (const y of [2, 50, 98]) {
    const line = svg.appendChild(document.createElementNS(kSvg, "line"));
    for (const [name, value] of Object.entries({x1: 0, x2: 360, y1: y, y2: y})) line.setAttribute(name, value);
  }
  lines.forEach((line, i) => {
    let path = "";
    let pen = "M";
    for (const {time, value} of line.points) {
      if (value === undefined || Number.isNaN(value)) {
        pen = "M";
        continue;
      }
      path += `${pen}${(360 - ((last - time) / shown()) * 360).toFixed(1)},${(98 - (top > 0 ? value / top : 0) * 96).toFixed(1)}`;
      pen = "L";
    }
    const drawn = svg.appendChild(document.createElementNS(kSvg, "path"));
    drawn.setAttribute("d", path);
    drawn.setAttribute("class", i ? "second" : "first");
  });
  const axis = make(figure, "div", undefined, "axis");
  make(axis, "span", `${span(shown() + 1)} ago`);
  make(axis, "span", `top: ${unit(top)}`);
  make(axis, "span", "now");
}

function showPlots(last) {
  const box = byId("plots");
  box.replaceChildren();
  const perSecond = (name, outcomes) => rates((a, b) => {
    const by = grew(a, b, name, outcomes);
    return by === undefined ? undefined : by / (b.time - a.time);
  }, 10);
  const each = (value) => `${number(value)}/s`;
  plot(box, "Requests", each, [
    {name: "all", points: perSecond("genvm_serve_requests_total")},
    {name: "without a reply", points: perSecond("genvm_serve_requests_total", ["failed", "deadline", "dropped"])}]);
  plot(box, "Time of a request", seconds, [
    {name: "half within", points: rates((a, b) => quantile(a, b, 0.5), 60)},
    {name: "99 % within", points: rates((a, b) => quantile(a, b, 0.99), 60)}]);
  if (total(last.sums, "genvm_llm_cost_usd_total") !== undefined) {
    plot(box, "Charged", (value) => `${dollars(value)}/min`, [{points: rates((a, b) => {
      const by = grew(a, b, "genvm_llm_cost_usd_total");
      return by === undefined ? undefined : (by / (b.time - a.time)) * 60;
    }, 60)}]);
    plot(box, "Calls at models", each, [
      {name: "all", points: perSecond("genvm_llm_calls_total")},
      {name: "failed", points: perSecond("genvm_llm_calls_total", ["failed"])}]);
  }
  for (const [title, name] of [["Requests to servers", "genvm_web_requests"], ["Pages", "genvm_web_renders"]]) {
    if (total(last.sums, `${name}_total`) !== undefined)
      plot(box, title, each, [{name: "all", points: perSecond(`${name}_total`)}, {name: "failed", points: perSecond(`${name}_failed_total`)}]);
  }
  plot(box, "Sessions", number, [{points: points.map(({time, sums}) => ({time, value: total(sums, "genvm_serve_sessions_open")}))}]);
}

// --- Tables --------------------------------------------------------------------------------------------------------------

function showModels(samples) {
  const rows = new Map();
  for (const {name, labels, value} of samples) {
    if (!name.startsWith("genvm_llm_") || !labels.backend) continue;
    const key = `${labels.backend}\n${labels.model}`;
    if (!rows.has(key)) rows.set(key, {backend: labels.backend, model: labels.model, ways: 0, open: 0});
    const row = rows.get(key);
    const add = (field) => { row[field] = (row[field] || 0) + value; };
    if (name === "genvm_llm_calls_total") add(labels.outcome);
    if (name === "genvm_llm_tokens_total") add("tokens");
    if (name === "genvm_llm_cost_usd_total") add("cost");
    if (name === "genvm_llm_retries_total") add("retries");
    if (name === "genvm_llm_call_microseconds_total") add("time");
    if (name === "genvm_llm_candidate_available") { row.ways += 1; row.open += value; }
  }
  byId("models").hidden = rows.size === 0;
  table(byId("models").querySelector(".scroll"),
    [["State"], ["Backend"], ["Model"], ["Calls", "number"], ["Failed", "number"], ["Unusable", "number"], ["Retries", "number"],
      ["Tokens", "number"], ["Charged", "number"], ["Mean time", "number"]],
    [...rows.values()].sort((a, b) => a.backend.localeCompare(b.backend) || a.model.localeCompare(b.model)).map((row) => {
      const calls = (row.answered || 0) + (row.unusable || 0) + (row.failed || 0);
      const state = row.ways && !row.open ? ["✕ rests", "bad"] : row.open < row.ways ? ["! partly rests", "warn"] : ["✓ open", "good"];
      return [state, row.backend, row.model, number(calls), percent(row.failed || 0, calls), percent(row.unusable || 0, calls),
        number(row.retries), number(row.tokens), dollars(row.cost), seconds(calls ? (row.time || 0) / calls / 1e6 : undefined)];
    }), "");
}

// What an operator can do, by the kind of a failed call (domain/routing) or an error's code.
const kUnreachable = "The host does not answer: look at the network, then at the host's name and port in the configuration.";
const kSlow = "The model was slower than its time limit: raise the limit, or prefer another model.";
const kAdvice = {
  connect: kUnreachable, dns: kUnreachable, reset: kUnreachable,
  tls: "The host's certificate is not trusted: look at its name, at the clock, and at the trusted certificates.",
  first_byte_timeout: kSlow, idle_timeout: kSlow, total_timeout: kSlow, deadline: kSlow,
  rate_limited: "The provider limits this account: add a key or a model, or ask the provider for a higher limit.",
  overloaded: "The provider has no room; it mends itself, or another model stands in.",
  server_error: "The provider's fault; it mends itself, or another model stands in.",
  auth: "The provider refuses the key: replace it, then reload.",
  forbidden: "The provider does not allow this: look at the rights of the key.",
  payment_required: "The account at the provider has no credit.",
  not_found: "The provider does not know this model or path: genvm-modules llm-check says what to write.",
  bad_request: "The provider does not take the request as it is: genvm-modules llm-check says what to write.",
  token_limit: "The answer was longer than allowed: raise max_tokens of the model.",
  budget: "A budget is used up until its window ends.",
  BUDGET_EXCEEDED: "A budget is used up until its window ends.",
  LEDGER_UNAVAILABLE: "Look at the disk or the database of the ledger.",
};

function textAt(value, ...path) {
  for (const name of path) value = value === null || typeof value !== "object" ? undefined : value[name];
  return typeof value === "string" ? value : undefined;
}

// The same warning about the same model again and again is one row.
function groupsOf(lines) {
  const groups = new Map();
  for (const line of lines) {
    const of = [line.provider, line.model].filter((part) => typeof part === "string").join("/");
    const why = textAt(line, "kind") || textAt(line, "error", "causes", 0) || "";
    const key = [line.level, line.source, line.message, of, why].join("\n");
    const group = groups.get(key) || {count: 0};
    groups.delete(key);
    groups.set(key, {line, of, why, count: group.count + 1});
  }
  return [...groups.values()].reverse();
}

function showProblems(lines) {
  const box = byId("problems").querySelector(".scroll");
  if ([...box.querySelectorAll("details")].some((each) => each.open)) return; // a reader has a line open: do not replace it
  const groups = groupsOf(lines);
  table(box, [["Last, UTC"], ["Times", "number"], ["Level"], ["What", "text"]],
    groups.map(({line, count}) => [line.time.slice(0, 19).replace("T", " "), number(count),
      line.level === "error" ? ["✕ error", "bad"] : ["! warning", "warn"], ""]), "None since the module started.");
  box.querySelectorAll("td.text").forEach((cell, i) => {
    const {line, of, why} = groups[i];
    make(cell, "p", [`${line.source}: ${line.message}`, of, why.replaceAll("_", " ").toLowerCase()].filter(Boolean).join(" · "));
    const detail = textAt(line, "error", "ctx", "detail");
    if (detail) make(cell, "p", detail);
    const advice = kAdvice[why] || kAdvice[textAt(line, "error", "causes", 0)];
    if (advice) make(cell, "p", advice, "advice");
    const more = make(cell, "details");
    make(more, "summary", "the line");
    make(more, "pre", JSON.stringify(line, null, 1));
  });
}

function showMetrics(samples) {
  const wanted = byId("filter").value.toLowerCase();
  const rows = samples.map(({name, labels, value}) => {
    const all = Object.entries(labels).map(([label, of]) => `${label}=${of}`).join(", ");
    return [name, all, value.toLocaleString("en", {maximumFractionDigits: 6})];
  }).filter((row) => `${row[0]} ${row[1]}`.toLowerCase().includes(wanted));
  table(byId("metrics").querySelector(".scroll"), [["Name"], ["Labels", "text"], ["Value", "number"]], rows, "No metric has such a name.");
}

// --- What the module is asked when somebody looks ------------------------------------------------------------------------

let budgetsAsked = -Infinity;
let budgets = [];
async function lookAtBudgets() {
  if (Date.now() - budgetsAsked < kBudgetsEvery) return;
  budgetsAsked = Date.now();
  try {
    const found = await ask("/status/budgets");
    budgets = found.budgets;
    showBudgets(found.more);
  } catch (error) {
    const box = byId("budgets").querySelector(".scroll");
    box.replaceChildren();
    make(box, "p", `${error.message}`);
  }
}

function showBudgets(more) {
  byId("budgets").hidden = false;
  const box = byId("budgets").querySelector(".scroll");
  const without = (text) => (text.includes(".") ? text.replace(/0+$/, "").replace(/\.$/, "") : text);
  const money = (row, text) => (text === null ? "–" : row.unit === "usd" ? `$${without(text)}` : `${text} ${row.unit}`);
  table(box, [["Budget"], ["For"], ["Window"], ["Used", "fill"], ["Spent", "number"], ["Under way", "number"], ["Limit", "number"], ["When it is full"], ["Begins anew, UTC"]],
    budgets.map((row) => [row.name, row.scope || "all calls", row.window, "", money(row, row.spent), money(row, row.reserved), money(row, row.limit),
      {refuse: "calls are refused", cheaper: "cheaper models only", warn: "a warning"}[row.action] || row.action,
      row.resets_at ? row.resets_at.slice(0, 16).replace("T", " ") : row.window === "session" ? "with the session" : "–"]),
    "No budget has been used, or none is configured.");
  box.querySelectorAll("td.fill").forEach((cell, i) => {
    const used = budgets[i].used;
    if (used === null) return (cell.textContent = "only the ledger knows");
    meter(cell, used, `${used >= 1 ? "✕ " : used >= 0.8 ? "! " : ""}${(100 * used).toFixed(1)} %`);
    return cell.classList.add(used >= 1 ? "bad" : used >= 0.8 ? "warn" : "good");
  });
  if (more > 0) make(box, "p", `${more} accounts that are less full are left out; genvm-modules usage --json has them all.`);
}

// A record is several lines of text; the first one names it.
async function lookUp(event) {
  event.preventDefault();
  const box = byId("decisions").querySelector("[role=status]");
  const id = byId("decision").value.trim();
  box.replaceChildren();
  if (!id) return make(box, "p", "Write the id of a transaction, or of a decision record: `record` of an answer, an error or a log line.");
  make(box, "p", "Reading the ledger …");
  try {
    const {decisions, gone} = await ask(`/status/decisions?id=${encodeURIComponent(id)}`);
    box.replaceChildren();
    for (const one of decisions) {
      make(box, "h3", `${one.at.replace("T", " ")} · record ${one.id}`);
      make(box, "pre", one.text).setAttribute("tabindex", "0");
    }
    if (gone > 0) make(box, "p", `${gone} further records of it are not kept any more (ledger.keep_records_days).`);
    if (!decisions.length && !gone)
      make(box, "p", "Nothing was decided under this id, or it is not kept any more. A prompt that called no model is found by its record only.");
  } catch (error) {
    box.replaceChildren();
    make(box, "p", error.message);
  }
}

// Small pictures of the last page of each browser session, where browser.status_thumbnails asks for them.
let hasThumbnails = true;
async function lookAtThumbnails() {
  if (!hasThumbnails) return;
  const answer = await load("/status/thumbnails");
  hasThumbnails = answer.ok;
  if (!answer.ok) return;
  const box = byId("thumbnails").querySelector(".shots");
  byId("thumbnails").hidden = false;
  box.replaceChildren();
  const {thumbnails} = await answer.json();
  for (const {place, in_use: used, page, taken, jpeg} of thumbnails) {
    const figure = make(box, "figure");
    const picture = make(figure, "img");
    picture.alt = `The last page of browser session ${place}, of ${page}`;
    picture.src = `data:image/jpeg;base64,${jpeg}`;
    make(figure, "figcaption", `${place}: ${page}, ${taken.slice(11, 19)} UTC${used ? ", in use" : ""}`);
  }
  if (!thumbnails.length) make(box, "p", "No page has been loaded yet.");
}

async function showConfig() {
  if (!byId("config").open) return;
  const box = byId("config").querySelector("pre");
  try {
    const answer = await load("/status/config");
    box.textContent = answer.ok ? await answer.text() : `The module answers ${answer.status}.`;
  } catch (error) {
    box.textContent = error.message;
  }
}

// --- The loop ------------------------------------------------------------------------------------------------------------

let samples = [];
async function look() {
  const get = async (path) => {
    const answer = await load(path);
    if (!answer.ok && path !== "/health") throw new Error(`${path} answers ${answer.status}`);
    return answer;
  };
  const metrics = await get("/metrics").then((r) => r.text()); // alone: a wrong token is shown once
  const [health, problems] = await Promise.all([get("/health").then((r) => r.json()), get("/status/problems").then((r) => r.json())]);
  if (!points.length) rememberHistory(await (await get("/status/history")).json());
  samples = samplesOf(metrics);
  remember(Date.now() / 1000, sumsOf(samples));
  const last = points[points.length - 1];
  document.title = byId("program").textContent = health.program;
  byId("since").textContent = `version ${health.version}, runs for ${span(health.uptime_seconds)}`;
  const isLlm = samples.some((sample) => sample.name.startsWith("genvm_llm_"));
  byId("decisions").hidden = !isLlm;
  if (isLlm) await lookAtBudgets();
  if (!isLlm) await lookAtThumbnails();
  showVerdict(findings(health, samples, last));
  showTiles(last, health);
  showPlots(last);
  showModels(samples);
  showProblems(problems);
  byId("details").querySelector("pre").textContent = JSON.stringify(health, null, 1);
  if (byId("metrics").open) showMetrics(samples);
}

byId("filter").addEventListener("input", () => showMetrics(samples));
byId("metrics").addEventListener("toggle", () => showMetrics(samples));
byId("config").addEventListener("toggle", showConfig);
byId("decisions").querySelector("form").addEventListener("submit", lookUp);
watch(look, kEvery, {what: "The module does not answer", todo: "Its log says whether it ended; this page tries again."});
