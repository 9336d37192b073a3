// What the status pages of the modules and of the manager have in common. Whatever came from elsewhere is set as text, never as
// HTML.
"use strict";

const byId = (id) => document.getElementById(id);
const make = (parent, tag, text, style) => {
  const made = parent.appendChild(document.createElement(tag));
  if (text !== undefined) made.textContent = text;
  if (style) made.className = style;
  return made;
};

// --- Words ---------------------------------------------------------------------------------------------------------------

const digits = (value) => value.toLocaleString("en", {maximumSignificantDigits: 3});
function number(value) {
  if (value === undefined || Number.isNaN(value)) return "–";
  for (const [size, unit] of [[1e9, " G"], [1e6, " M"], [1e4, " k"]])
    if (Math.abs(value) >= size) return digits(value / (unit === " k" ? 1e3 : size)) + unit;
  return digits(value);
}
const seconds = (value) =>
  value === undefined ? "–" : value < 0.001 ? `${digits(value * 1e6)} µs` : value < 1 ? `${digits(value * 1e3)} ms` : `${digits(value)} s`;
const dollars = (value) => (value === undefined ? "–" : `$${value === 0 || value >= 1 ? value.toFixed(2) : value.toPrecision(2)}`);
function span(value) {
  for (const [size, unit] of [[86400, "day"], [3600, "hour"], [60, "minute"]])
    if (value >= size) return `${Math.floor(value / size)} ${unit}${value >= 2 * size ? "s" : ""}`;
  return `${Math.floor(value)} s`;
}
const percent = (part, whole) => (whole > 0 ? `${digits((100 * part) / whole)} %` : "–");

// --- Parts ---------------------------------------------------------------------------------------------------------------

function showVerdict(found) {
  const worst = found.length ? found[0].grade : "good";
  const mark = {good: "✓", warn: "!", bad: "✕"};
  byId("verdict").className = worst;
  const sentence = byId("sentence");
  sentence.replaceChildren();
  make(sentence, "span", mark[worst] + " ", "mark").setAttribute("aria-hidden", "true");
  sentence.append(found.length ? found[0].what : "Everything works");
  const list = byId("findings");
  list.replaceChildren();
  found.forEach(({grade, what, todo}, i) => {
    const item = make(list, "li", undefined, grade);
    if (i > 0) make(item, "span", mark[grade] + " ", "mark");
    if (i > 0) item.append(what);
    make(item, "small", todo);
  });
}

function table(box, headings, rows, empty) {
  box.replaceChildren();
  if (!rows.length) return make(box, "p", empty);
  const made = make(box, "table");
  const head = make(make(made, "thead"), "tr");
  headings.forEach(([name, style]) => make(head, "th", name, style).setAttribute("scope", "col"));
  const body = make(made, "tbody");
  for (const row of rows) {
    const line = make(body, "tr");
    row.forEach((cell, i) => {
      const [text, grade] = Array.isArray(cell) ? cell : [cell];
      const made = make(line, "td", undefined, headings[i][1]);
      grade ? make(made, "span", text, grade) : (made.textContent = text);
    });
  }
}

// A share as text and as a bar; the text says all that the bar does.
function meter(parent, share, words) {
  const box = make(parent, "div", undefined, "meter");
  make(box, "span", words);
  const ground = make(box, "i");
  ground.setAttribute("aria-hidden", "true");
  make(ground, "b").style.setProperty("inline-size", `${Math.max(0, Math.min(1, share)) * 100}%`);
}

// --- Asking --------------------------------------------------------------------------------------------------------------

// What needs the admin token, and did not get it.
class TokenNeeded extends Error {}

// For this tab, until it is closed: never a cookie, and never in an address.
const kTokenKey = "genvm-admin-token";
const kept = (() => {
  try {
    return window.sessionStorage;
  } catch { // a browser that keeps nothing
    return {getItem: () => "", setItem() {}, removeItem() {}};
  }
})();
let token = kept.getItem(kTokenKey) || "";
function keepToken(given) {
  token = given;
  given ? kept.setItem(kTokenKey, given) : kept.removeItem(kTokenKey);
  byId("forget").hidden = !given;
}

async function load(path) {
  const headers = token ? {Authorization: `Bearer ${token}`} : {};
  const answer = await fetch(path, {cache: "no-store", credentials: "omit", redirect: "error", headers});
  if (answer.status === 401) throw new TokenNeeded((await answer.json()).error);
  return answer;
}

// JSON of a part of the page, or an error with the sentence that came in its place.
async function ask(path) {
  const answer = await load(path);
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.error || `${path} answers ${answer.status}`);
  return body;
}

// Until somebody gives one. Nothing is asked meanwhile: a wrong token is shown once.
function askForToken() {
  const said = token ? "This is not the admin token" : "The admin token is needed";
  keepToken("");
  showVerdict([{grade: "warn", what: said, todo: "This page is open on the machine itself; elsewhere it needs the token that its configuration names."}]);
  const box = byId("login");
  const form = box.querySelector("form");
  const field = byId("token");
  box.hidden = false;
  document.body.className = "locked"; // nothing is known, and nothing of before stays in sight
  field.focus();
  return new Promise((given) => {
    form.onsubmit = (event) => {
      event.preventDefault();
      const text = field.value.trim();
      if (!/^[\x21-\x7e]+$/.test(text)) return field.focus(); // no header could hold it
      field.value = "";
      box.hidden = true;
      document.body.className = "";
      keepToken(text);
      given();
    };
  });
}

// Looks every few seconds. `silence`: what is said when nobody answers.
async function watch(look, every, silence) {
  keepToken(token);
  byId("forget").addEventListener("click", () => {
    keepToken("");
    location.reload(); // nothing of what was shown stays
  });
  for (;;) {
    try {
      await look();
    } catch (error) {
      if (error instanceof TokenNeeded) {
        await askForToken();
        continue;
      }
      showVerdict([{grade: "bad", what: silence.what, todo: `${error.message}. ${silence.todo}`}]);
    }
    await new Promise((done) => setTimeout(done, every));
  }
}
