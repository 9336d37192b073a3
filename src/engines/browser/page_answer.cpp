#include "browser/page_answer.h"

#include <algorithm>
#include <cmath>

#include "text/json_view.h"

namespace gvm::browser {
namespace {

bool truth(const Value& map, std::string_view key) {
  const Value* value = map.find(key);
  const bool* flag = value == nullptr ? nullptr : value->as_bool();
  return flag != nullptr && *flag;
}

std::int64_t whole(const Value& map, std::string_view key) {
  const Value* value = map.find(key);
  if (value == nullptr) return 0;
  if (const double* real = value->as_real()) return std::llround(std::clamp(*real, 0.0, 1e12));
  const Integer* integer = value->as_integer();
  return integer == nullptr ? 0 : std::max<std::int64_t>(0, integer->to_i64().value_or(0));
}

std::string text_of(const Value& map, std::string_view pointer) {
  return std::string(text::string_at(map, pointer).value_or(""));
}

std::optional<std::vector<std::string>> texts(const Value& map, std::string_view key) {
  const Value* list = map.find(key);
  if (list == nullptr || list->as_array() == nullptr) return std::nullopt;
  std::vector<std::string> out;
  for (const Value& entry : *list->as_array()) out.emplace_back(entry.as_string().value_or(""));
  return out;
}

}  // namespace

bool PageAnswer::is_error_page() const {
  return url.starts_with("chrome-error:") || url.starts_with("about:neterror");
}

bool PageAnswer::is_no_page() const {
  return url.empty() || url == "about:blank" || url == "data:,";
}

PageAnswer page_answer_of(const Value& map) {
  PageAnswer page;
  page.url = text_of(map, "/url");
  page.status = static_cast<int>(std::clamp<std::int64_t>(whole(map, "status"), 0, 999));
  page.type = text_of(map, "/type");
  page.parsed = truth(map, "parsed");
  page.ready = truth(map, "ready");
  page.pending = static_cast<std::size_t>(whole(map, "pending"));
  page.found = truth(map, "found");
  page.bad_selector = truth(map, "bad_selector");
  page.settled = truth(map, "settled");
  page.rests = truth(map, "rests");
  page.paints = truth(map, "paints");
  page.rested = std::chrono::milliseconds(whole(map, "rested"));
  page.body = text_of(map, "/body");
  if (const auto content = text::string_at(map, "/content")) page.content = std::string(*content);
  page.is_source = truth(map, "source");
  page.unlabelled = truth(map, "unlabelled");
  page.too_long = static_cast<std::size_t>(whole(map, "too_long"));
  page.too_complex = static_cast<std::size_t>(whole(map, "too_complex"));
  page.frames = texts(map, "frames");
  return page;
}

}  // namespace gvm::browser
