#include "manager/page.h"

namespace gvm::manager {
namespace {

// Values are set as text, never as HTML: log lines hold what strangers wrote.
constexpr std::string_view kPage = R"page(<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>GenVM Modules</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; }
table { border-collapse: collapse; } td, th { text-align: left; padding: .2rem 1rem .2rem 0; vertical-align: top; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: 0; font-size: 13px; }
.running { color: #06752a; } .restarting, .error { color: #a33; } .stopped { color: #666; }
</style></head><body>
<h1>GenVM Modules</h1><p id="note">loading</p><div id="modules"></div>
<script>
"use strict";
const cell = (row, tag, text, style) => {
  const made = row.appendChild(document.createElement(tag));
  made.textContent = text; if (style) made.className = style; return made;
};
const show = (value) => typeof value === "string" ? value : JSON.stringify(value, null, 1);
async function load() {
  const note = document.getElementById("note");
  try {
    const status = await (await fetch("status", {cache: "no-store"})).json();
    const box = document.createElement("div");
    for (const [name, module] of Object.entries(status.modules)) {
      cell(box, "h2", name + ": " + module.state, module.state);
      const table = box.appendChild(document.createElement("table"));
      for (const [key, value] of Object.entries(module)) {
        if (value === null || value === "" || key === "state") continue;
        const row = table.appendChild(document.createElement("tr"));
        cell(row, "th", key); cell(cell(row, "td", ""), "pre", show(value));
      }
    }
    document.getElementById("modules").replaceChildren(box);
    note.textContent = "version " + status.version; note.className = "";
  } catch (error) { note.textContent = "the manager does not answer: " + error; note.className = "error"; }
}
load(); setInterval(load, 3000);
</script></body></html>
)page";

}  // namespace

std::string page() {
  return std::string(kPage);
}

}  // namespace gvm::manager
