#include "scripted/lint.h"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

#include "base/error_detail.h"
#include "config/diagnostic.h"
#include "script/known_names.h"
#include "script/lua_path.h"

namespace gvm::scripted {
namespace {

using script::NamePath;
using script::NameUse;
using script::Presence;

// What Lua has elsewhere, and no script here.
constexpr std::array<std::string_view, 5> kLackingGlobals = {"debug", "dofile", "loadfile", "warn",
                                                             "io"};
constexpr std::array<std::string_view, 8> kStandardTables = {
    "string", "table", "math", "os", "utf8", "coroutine", "io", "debug"};
constexpr std::array<std::string_view, 2> kOptionalEntries = {"Setup", "Teardown"};

bool contains(const auto& list, std::string_view name) {
  return std::ranges::find(list, name) != list.end();
}

// As a script writes it: "os.execute", "lib-llm: rs.nosuch".
std::string shown(const NamePath& path) {
  std::string text;
  for (const auto& name : path.names) text += (text.empty() ? "" : ".") + name;
  return text;
}

// ", did you mean x?" or nothing.
std::string proposal(const std::string& name, const std::vector<std::string>& known) {
  const std::vector<std::string_view> names(known.begin(), known.end());
  const auto near = config::misspelled(name, names);
  return near.empty() ? std::string() : ": did you mean " + std::string(near) + "?";
}

struct File {
  std::string path;
  script::NameUses names;
};

class Linter {
 public:
  explicit Linter(const script::ProgramOptions& options) : options_(options), known_(options) {}

  std::vector<LintFinding> run() {
    add_file(options_.script_path);
    for (const auto& module : known_.loaded_modules()) add_module(module);
    for (std::size_t i = 0; i < files_.size(); ++i) add_required_by(i);
    for (const auto& file : files_) note_definitions(file);
    for (const auto& file : files_) judge(file);
    judge_entries();
    judge_load();
    return sorted();
  }

 private:
  void add_module(const std::string& module) {
    if (const auto file = known_.own_file(module)) add_file(*file);
  }
  void add_required_by(std::size_t file) {
    const auto uses = files_[file].names.uses;  // a copy: files_ grows
    for (const auto& use : uses)
      if (use.kind == NameUse::Kind::require) add_module(use.path.module);
  }

  void add_file(const std::string& path) {
    if (!seen_.insert(path).second) return;
    const auto source = script::read_source(path);
    if (!source) return add(path, 0, "it cannot be read, or has more than 4 MiB");
    files_.push_back({path, script::name_uses(*source)});
  }

  void add(const std::string& file, int line, std::string message) {
    findings_.push_back({file, line, std::move(message)});
  }

  void note_definitions(const File& file) {
    for (const auto& use : file.names.uses) {
      if (use.kind != NameUse::Kind::write) continue;
      defined_.insert(use.path);
      if (use.path.is_global() && !use.in_function) declared_.insert(use.path.names[0]);
    }
  }

  void judge(const File& file) {
    if (!file.names.problem.empty())
      return add(file.path, file.names.problem_line, file.names.problem);
    for (const auto& use : file.names.uses) {
      switch (use.kind) {
        case NameUse::Kind::read:
          judge_read(file, use);
          break;
        case NameUse::Kind::write:
          judge_write(file, use);
          break;
        case NameUse::Kind::require:
          judge_require(file, use);
          break;
        case NameUse::Kind::field:
          judge_field(file, use);
          break;
      }
    }
  }

  void judge_read(const File& file, const NameUse& use) {
    if (use.tested || is_defined(use.path) || is_optional(use.path)) return;
    if (known_.find(use.path) != Presence::missing) return;
    add(file.path, use.line, missing(use.path));
  }

  // `rs.meta` is there when the configuration has a meta.
  static bool is_optional(const NamePath& path) { return path.names.back() == "meta"; }

  // Somewhere in the files something is assigned to it, or to what it is a field of.
  bool is_defined(NamePath path) const {
    for (; !path.names.empty(); path.names.pop_back())
      if (defined_.contains(path)) return true;
    return false;
  }

  std::string missing(const NamePath& path) {
    const std::string& name = path.names.back();
    if (path.is_global() && path.names.size() == 1) {
      if (contains(kLackingGlobals, name)) return "the sandbox has no " + name;
      return "nothing defines the global " + name + proposal(name, known_.beside(path));
    }
    if (path.is_global() && contains(kStandardTables, path.names[0]))
      return "the sandbox has no " + shown(path) + proposal(name, known_.beside(path));
    if (path.is_global() || path.names.size() == 2)
      return "there is no host function " + shown(path) + of_module(path) +
             proposal(name, known_.beside(path));
    return "the library " + path.module + " has no " + name + proposal(name, known_.beside(path));
  }
  static std::string of_module(const NamePath& path) {
    return path.is_global() ? std::string() : " in " + path.module;
  }

  void judge_write(const File& file, const NameUse& use) {
    const auto& names = use.path.names;
    if (!use.in_function || !use.path.is_global() || names.size() != 1) return;
    if (declared_.contains(names[0]) || known_.find(use.path) == Presence::there) return;
    add(file.path, use.line,
        "a function assigns to the global " + names[0] +
            ", which the top level does not define: is a `local` missing?");
  }

  void judge_require(const File& file, const NameUse& use) {
    // A script that does not load has loaded no modules either: they are judged as files.
    if (known_.load_error() && known_.own_file(use.path.module)) return;
    const auto problem = known_.cannot_require(use.path.module);
    if (!problem.empty()) add(file.path, use.line, problem);
  }

  void judge_field(const File& file, const NameUse& use) {
    const std::string& name = use.path.names[0];
    if (name == "__gc") add(file.path, use.line, "setmetatable refuses __gc: it would run unseen");
    if (name == "__mode")
      add(file.path, use.line, "__mode has no effect: tables are never weak here");
  }

  // What a script that does not load would have defined by the files it requires is not known.
  bool may_have_more_entries() const { return known_.load_error() && !findings_.empty(); }

  void judge_entries() {
    if (files_.empty() || may_have_more_entries()) return;
    for (const auto& entry : options_.required_entries)
      if (!has(entry)) judge_missing_entry(entry);
    for (const auto entry : kOptionalEntries)
      if (!has(std::string(entry))) judge_misspelled_entry(std::string(entry));
  }

  bool has(const std::string& entry) const {
    return known_.load_error() ? declared_.contains(entry) : known_.has_function(entry);
  }

  // A global of the script that was probably meant to be the entry point; null: none.
  const NameUse* meant_by(const std::string& entry) const {
    for (const auto& use : files_[0].names.uses) {
      if (use.kind != NameUse::Kind::write || use.in_function || use.path.names.size() != 1)
        continue;
      const std::string& name = use.path.names[0];
      if (contains(options_.required_entries, name) || contains(kOptionalEntries, name)) continue;
      const bool near = !config::misspelled(name, {entry}).empty() ||
                        std::ranges::equal(name, entry, [](unsigned char a, unsigned char b) {
                          return std::tolower(a) == std::tolower(b);
                        });
      if (near) return &use;
    }
    return nullptr;
  }

  void judge_missing_entry(const std::string& entry) {
    const NameUse* meant = meant_by(entry);
    if (meant == nullptr)
      return add(options_.script_path, 0,
                 "the script defines no function " + entry + ", which the module calls");
    add(options_.script_path, meant->line,
        "the module calls " + entry + ", which the script does not define: is it meant by " +
            meant->path.names[0] + "?");
  }

  void judge_misspelled_entry(const std::string& entry) {
    const NameUse* meant = meant_by(entry);
    if (meant == nullptr) return;
    add(options_.script_path, meant->line,
        "nothing calls " + meant->path.names[0] + ": did you mean " + entry + "?");
  }

  // What the analysis has not explained.
  void judge_load() {
    if (!known_.load_error() || !findings_.empty()) return;
    std::string text(detail_of(*known_.load_error()));
    const std::string prefix = options_.script_path + ": ";
    if (text.starts_with(prefix)) text.erase(0, prefix.size());
    add(options_.script_path, 0, "the module would not start: " + text);
  }

  std::vector<LintFinding> sorted() {
    const auto key = [](const LintFinding& each) {
      return std::tie(each.file, each.line, each.message);
    };
    std::ranges::sort(findings_, {}, key);
    const auto [first, last] = std::ranges::unique(findings_, {}, key);
    findings_.erase(first, last);
    return std::move(findings_);
  }

  const script::ProgramOptions& options_;
  script::KnownNames known_;
  std::vector<File> files_;  // the script is the first
  std::set<std::string> seen_;
  std::set<NamePath> defined_;
  std::set<std::string> declared_;  // globals of the top levels
  std::vector<LintFinding> findings_;
};

}  // namespace

std::string LintFinding::to_string() const {
  return line == 0 ? file + ": " + message : file + ":" + std::to_string(line) + ": " + message;
}

std::vector<LintFinding> lint(const script::ProgramOptions& options) {
  return Linter(options).run();
}

}  // namespace gvm::scripted
