#pragma once
// The part of the status page that shows the configuration, alike for both modules.
#include <boost/asio/awaitable.hpp>
#include <string>

#include "serve/http_answer.h"

namespace gvm::scripted {

inline constexpr std::string_view kConfigPart = "/status/config";

// `shown`: CommonConfig::shown.
inline boost::asio::awaitable<serve::HttpAnswer> config_part(std::string shown) {
  serve::HttpAnswer answer;
  answer.content_type = "text/plain; charset=utf-8";
  answer.body = std::move(shown);
  co_return answer;
}

}  // namespace gvm::scripted
