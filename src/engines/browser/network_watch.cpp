#include "browser/network_watch.h"

#include <algorithm>
#include <array>

#include "text/json.h"
#include "text/json_view.h"

namespace gvm::browser {
namespace {

// A page that begins more requests at a time than that is not waited for.
constexpr std::size_t kMostRequests = 10'000;

// With their quotes: requestWillBeSentExtraInfo is another event, which may come first or second.
constexpr std::array<std::string_view, 3> kMethods = {
    R"("Network.requestWillBeSent")", R"("Network.loadingFinished")", R"("Network.loadingFailed")"};

// Most events are of other kinds; they are not worth parsing.
bool is_of_interest(std::string_view json) {
  const auto method = json.substr(0, json.find("\"params\""));
  return std::ranges::any_of(kMethods, [&](auto name) { return method.find(name) != method.npos; });
}

bool matters(std::string_view type) {
  return type == "XHR" || type == "Fetch" || type == "Script" || type == "Stylesheet";
}

}  // namespace

void NetworkWatch::take(const Value& entries, Clock::time_point now) {
  const auto* list = entries.as_array();
  if (list == nullptr) return;
  for (const Value& entry : *list) {
    const auto message = text::string_at(entry, "/message");
    if (message && is_of_interest(*message)) take_event(*message, now);
  }
}

void NetworkWatch::take_event(std::string_view json, Clock::time_point now) {
  const auto event = text::parse_json(json);
  if (!event) return;
  const auto method = text::string_at(*event, "/message/method").value_or("");
  std::string id(text::string_at(*event, "/message/params/requestId").value_or(""));
  if (method == "Network.loadingFinished" || method == "Network.loadingFailed") begun_.erase(id);
  if (method != "Network.requestWillBeSent") return;
  const auto type = text::string_at(*event, "/message/params/type").value_or("");
  // The request for a page has the id of its loader: everything before was the last page's.
  if (type == "Document" && id == text::string_at(*event, "/message/params/loaderId"))
    begun_.clear();
  if (matters(type) && begun_.size() < kMostRequests) begun_.emplace(std::move(id), now);
}

std::size_t NetworkWatch::under_way(std::chrono::milliseconds longest,
                                    Clock::time_point now) const {
  return static_cast<std::size_t>(
      std::ranges::count_if(begun_, [&](auto& entry) { return now - entry.second < longest; }));
}

}  // namespace gvm::browser
