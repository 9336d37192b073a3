#include "host/services.h"

namespace gvm::host {

void Services::call_begins(std::string_view function) {
  running_ = function;
  began_ = Clock::now();
  if (request_) call_ = request_->child(function, trace::Kind::internal);
}

void Services::call_ended(const Error* error) {
  if (logger_.enabled(log::Level::debug)) log_call(error);
  if (error != nullptr) call_.fail(error->code());
  call_.end();
}

void Services::log_call(const Error* error) const {
  const auto took = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - began_);
  logger_.debug("host call",
                {{"session", Value::integer(Integer::from_u64(session_))},
                 {"tx_id", Value::string(tx_)},
                 {"function", Value::string(running_)},
                 {"code", Value::string(std::string(error == nullptr ? "OK" : error->code()))},
                 {"took_us", Value::integer(std::int64_t{took.count()})}});
}

}  // namespace gvm::host
