#pragma once
// The errors of HttpClient, as its header promises them. Internal to net/.
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "base/error.h"

namespace gvm::net {

enum class TimeoutKind { connect, first_byte, idle, speed, total, deadline };
std::string_view timeout_name(TimeoutKind kind);

// `url` without user info, query and fragment; "(unreadable)" when it is no URL.
std::string redacted_url(const std::string& url);

// How far an exchange came, which decides what a failure is called.
struct Progress {
  bool head_complete = false;
  bool before_proxy = false;  // a proxy had not yet opened the way to the server
  int proxy_status = 0;       // of its answer to CONNECT
  long tls_verify = 0;        // X509_V_* of the server's certificate
};

// `curl_code` is a CURLcode other than CURLE_OK; `detail` is libcurl's own sentence, may be empty.
Error transfer_error(int curl_code, std::string_view detail, const Progress& progress,
                     const std::string& url);
// The connection ended before the head of the answer was complete.
Error head_cut_error(const std::string& url);
// The request cannot be sent as it is, or the answer is not HTTP as this client accepts it.
Error protocol_error(std::string_view problem, const std::string& url);
Error proxy_error(std::string_view problem, const std::string& url);
Error resend_error(const std::string& url);
Error ratio_error(std::size_t ratio, const std::string& url);
Error body_limit_error(std::size_t limit, const std::string& url);
Error head_limit_error(std::size_t limit, const std::string& url);
Error head_count_error(std::size_t limit, const std::string& url);
Error encoding_error(std::string_view problem, const std::string& url);
Error address_error(const std::string& url);
Error timeout_error(TimeoutKind kind, std::chrono::milliseconds limit, const std::string& url);
Error cancelled_error(const std::string& url);

}  // namespace gvm::net
