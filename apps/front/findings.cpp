#include "apps/front/findings.h"

#include <fmt/format.h>

#include "base/json_writer.h"

namespace gvm::apps {

std::string Findings::to_text() const {
  std::string out;
  for (const auto& each : all_) {
    out += fmt::format("{:8} {}: {}\n", each.level, each.subject, each.text);
    if (!each.mend.empty()) out += fmt::format("{:8} {}\n", "", each.mend);
  }
  return out;
}

std::string Findings::to_json() const {
  std::string out;
  json::Writer writer(out);
  const auto text = [&writer](std::string_view key, std::string_view value) {
    writer.key(key);
    writer.string(value);
  };
  writer.begin_object();
  writer.key("errors");
  writer.number(errors_);
  writer.key("findings");
  writer.begin_array();
  for (const auto& each : all_) {
    writer.begin_object();
    text("level", each.level);
    text("subject", each.subject);
    text("text", each.text);
    text("mend", each.mend);
    writer.end_object();
  }
  writer.end_array();
  writer.end_object();
  return out + "\n";
}

}  // namespace gvm::apps
