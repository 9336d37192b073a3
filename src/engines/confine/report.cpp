#include "confine/report.h"

#include <algorithm>

#include "confine/codes.h"

namespace gvm::confine {

std::optional<Mode> parse_mode(std::string_view text) {
  for (const Mode mode : {Mode::off, Mode::best_effort, Mode::strict})
    if (text == name_of(mode)) return mode;
  return std::nullopt;
}

std::string_view name_of(Mode mode) {
  if (mode == Mode::off) return "off";
  return mode == Mode::strict ? "strict" : "best-effort";
}

void Report::holds(std::string name, std::string note) {
  parts_.push_back({std::move(name), {}, std::move(note)});
}

void Report::lacks(std::string name, std::string why) {
  parts_.push_back({std::move(name), std::move(why), {}});
}

bool Report::complete() const {
  return std::ranges::all_of(parts_, [](const Part& part) { return part.missing.empty(); });
}

Value Report::to_value() const {
  std::string held;
  Value::Map missing;
  Value::Map notes;
  for (const auto& part : parts_) {
    if (part.missing.empty())
      held += (held.empty() ? "" : ", ") + part.name;
    else
      missing.set(part.name, Value::string(part.missing));
    if (!part.note.empty()) notes.set(part.name, Value::string(part.note));
  }
  Value::Map out;
  out.set("mode", Value::string(std::string(name_of(mode_))));
  out.set("holds", Value::string(held));
  out.set("missing", Value::map(std::move(missing)));
  out.set("notes", Value::map(std::move(notes)));
  return Value::map(std::move(out));
}

Result<void> Report::check() const {
  if (mode_ != Mode::strict || complete()) return {};
  std::string why;
  for (const auto& part : parts_)
    if (!part.missing.empty()) why += (why.empty() ? "" : "; ") + part.name + ": " + part.missing;
  return fail(codes::kSandboxIncomplete, Fatality::fatal,
              "the sandbox is strict and cannot hold: " + why +
                  ". Start with --sandbox=best-effort, or mend what is named");
}

}  // namespace gvm::confine
