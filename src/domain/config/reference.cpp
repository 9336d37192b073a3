// docs/configuration.md and the list of keys, from the schema.
#include <fmt/format.h>

#include <map>

#include "config/load.h"
#include "config/schema.h"

namespace gvm::config {

namespace {

constexpr std::string_view kIntroduction = R"(# Configuration

This page is rendered from the schema in `src/domain/config`; a test fails when it is out of date, and
`GVM_UPDATE_DOCS=1 config_test` writes it again.

Each module reads one YAML file, by default `${exeDir}/../config/genvm-module-llm.yaml` and
`${exeDir}/../config/genvm-module-web.yaml`. `genvm-modules check-config FILE` checks a file and starts nothing. All errors
are reported in one run, each as `file:line:column: key: what is wrong, what was expected, nearest known key`.

- A key without a value counts as absent. Duplicate keys are errors. An unknown key is a warning; it is an error when it is nearly
  a known one, and always with `check-config --strict`. Keys below `meta` are free.
- Keys marked *ours* are additions of these modules; all others are those of existing GenVM installations.
- **Durations** are seconds as a number, or a text such as `500ms`, `3s`, `2m`.
- **Sizes** are bytes as a number, or a text such as `64KiB`, `16MiB`, `1GiB`.
- **Editors** with YAML support check a file while it is written: `config/schema/` has a JSON Schema (draft 7) for each kind of
  file, rendered from the same table. A first line such as `# yaml-language-server: $schema=schema/genvm-module-llm.schema.json` names
  it. An editor marks unknown keys, which load with a warning; what depends on several keys only `check-config` knows.
- **Files** are UTF-8, at most 1 MiB, at most 64 levels deep; aliases may expand to at most 100,000 values in total.

## Templating

In every text of the file, once, at load:

| written | becomes |
|---|---|
| `${genvmRoot}` | the installation root, the folder above the executable's |
| `${exeDir}` | the folder of the executable |
| `${genvmVersion}` | the version of the modules |
| `${ENV[NAME]}` | the environment variable `NAME`; empty when it is not set |
| `${dollar}` | a dollar sign, for a text that must hold `${` itself |

Any other `${`, and `$${`, is an error. Inserted text is not expanded again.

`#{name}` is filled at run time, also in one pass: a value that contains `#{...}` or `%` stays literal.

- In `signer_url` and `signer_headers` the names are `node_address`, `tx_id` and every text in the session's `host_data`. A
  `#{` that is not `#{name}` is an error at load; a name the session does not have is an error of that request.
- In `prompt_templates` the names are those of the template. An unknown name, or a missing one in `user`, is an error at
  load; a `#{` that is not `#{name}` is text.
)";

// "backends.<name>.models.<name>"
std::string inner_path(const std::string& path, const Key& key) {
  auto inner = path.empty() ? std::string(key.name) : fmt::format("{}.{}", path, key.name);
  if (key.shape == Key::Shape::named) inner += ".<name>";
  if (key.shape == Key::Shape::list) inner += "[]";
  return inner;
}

std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out;
}

std::string default_of(const Key& key) {
  if (key.presence == Presence::required) return "required";
  if (key.default_text.empty()) return "";
  if (key.default_text == "number of cores") return key.default_text;
  return fmt::format("`{}`", cell(key.default_text));
}

std::string form_of(const Key& key) {
  if (key.shape == Key::Shape::section) return "a map, see below";
  if (key.shape == Key::Shape::named)
    return fmt::format("a map of names, each {}", key.section->title);
  if (key.shape == Key::Shape::list) return fmt::format("a list, each {}", key.section->title);
  return cell(key.form);
}

class Page {
 public:
  void section(const std::string& path, const Section& section) {
    if (!path.empty()) out_ += fmt::format("\n### `{}`\n", path);
    out_ +=
        fmt::format("\n{}\n\n| key | form | default | meaning |\n|---|---|---|---|\n", section.doc);
    rows(path, section);
    std::map<const Section*, std::string> shown;
    for (const auto& key : section.keys) {
      if (key.section == nullptr || key.shape == Key::Shape::inlined) continue;
      const auto inner = inner_path(path, key);
      const auto [same, first] = shown.emplace(key.section, inner);
      if (first)
        this->section(inner, *key.section);
      else
        out_ += fmt::format("\n### `{}`\n\nHas the keys of `{}`.\n", inner, same->second);
    }
  }

  void heading(std::string_view title) { out_ += fmt::format("\n## {}\n", title); }
  std::string take() { return std::move(out_); }

 private:
  // The keys that both modules share are at the top level of both; the page describes them once, in
  // a part of their own.
  void rows(const std::string& path, const Section& section) {
    for (const auto& key : section.keys) {
      if (key.shape != Key::Shape::inlined)
        row(key);
      else if (!path.empty())
        rows(path, *key.section);
    }
  }

  void row(const Key& key) {
    const auto* ours = key.origin == Origin::ours ? " *ours*" : "";
    out_ += fmt::format("| `{}`{} | {} | {} | {} |\n", key.name, ours, form_of(key),
                        default_of(key), cell(key.doc));
  }

  std::string out_ = std::string(kIntroduction);
};

void add_keys(const Section& section, const std::string& path, std::vector<std::string>& out) {
  for (const auto& key : section.keys) {
    if (key.shape == Key::Shape::inlined) {
      add_keys(*key.section, path, out);
      continue;
    }
    out.push_back(path.empty() ? std::string(key.name) : fmt::format("{}.{}", path, key.name));
    if (key.section != nullptr) add_keys(*key.section, inner_path(path, key), out);
  }
}

}  // namespace

std::string reference_page() {
  Page page;
  page.heading("Both modules");
  page.section("", common_section(ModuleKind::llm));
  page.section("", operation_section());
  page.heading("LLM module");
  page.section("", llm_section());
  page.heading("Web module");
  page.section("", web_section());
  page.section("http", web_http_section());
  auto text = page.take();
  text +=
      "\nThe web module's defaults of the common keys differ in `bind_address` (`127.0.0.1:3032`) "
      "and "
      "`lua_script_path`\n(`${exeDir}/../config/genvm-web-default.lua`).\n";
  return text;
}

std::vector<std::string> all_keys(ModuleKind kind) {
  std::vector<std::string> keys;
  add_keys(kind == ModuleKind::llm ? llm_section() : web_section(), "", keys);
  return keys;
}

}  // namespace gvm::config
