#include "web/counters.h"

namespace gvm::web {

void Counters::write_to(metrics::Exposition& out) const {
  const auto add = [&](std::string_view name, std::string_view help,
                       const std::atomic<std::uint64_t>& value) {
    out.family(name, metrics::Type::counter, help).sample(value.load(std::memory_order_relaxed));
  };
  add("genvm_web_requests_total", "Requests of contracts.", requests);
  add("genvm_web_requests_failed_total", "Those that ended with an error.", failed_requests);
  add("genvm_web_renders_total", "Pages contracts asked for.", renders);
  add("genvm_web_renders_failed_total", "Those that ended with an error.", failed_renders);
  add("genvm_web_refused_total", "Requests and pages the URL or address policy refused.", refused);
  add("genvm_web_retries_total", "Attempts beyond the first.", retries);
}

}  // namespace gvm::web
