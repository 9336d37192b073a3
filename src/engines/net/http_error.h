#pragma once
// Builds the failures that http_client.h documents; the exchange adds how far it came. Internal to
// net/.
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "net/http_failure.h"

namespace gvm::net {

// `url` without user info, query and fragment; "(unreadable)" when it is no URL.
std::string redacted_url(const std::string& url);

// How far an exchange came, which decides the kind of a failure.
struct Progress {
  bool head_complete = false;
  bool before_proxy = false;  // the proxy had not yet opened the tunnel to the server
  int proxy_status = 0;       // of its answer to CONNECT
  long tls_verify = 0;        // X509_V_* of the server's certificate
};

// Writes ctx.request_sent and ctx.answer_began.
void note_progress(HttpFailure& failure);

// `curl_code` is a CURLcode other than CURLE_OK; `detail` is libcurl's message and may be empty.
HttpFailure transfer_error(int curl_code, std::string_view detail, const Progress& progress,
                           const std::string& url);
// The connection ended before the head of the answer was complete.
HttpFailure head_cut_error(const std::string& url);
// The request cannot be sent as it is, or the answer is not HTTP as this client accepts it.
HttpFailure protocol_error(std::string_view problem, const std::string& url);
HttpFailure proxy_error(std::string_view problem, const std::string& url);
HttpFailure lost_request_error(const std::string& url);
HttpFailure resend_error(const std::string& url);
HttpFailure ratio_error(std::size_t ratio, const std::string& url);
HttpFailure body_limit_error(std::size_t limit, const std::string& url);
HttpFailure head_limit_error(std::size_t limit, const std::string& url);
HttpFailure head_count_error(std::size_t limit, const std::string& url);
HttpFailure body_cut_error(std::string_view problem, const std::string& url);
HttpFailure encoding_error(std::string_view problem, const std::string& url);
HttpFailure address_error(const std::string& url);
HttpFailure timeout_error(TimeoutKind kind, std::chrono::milliseconds limit,
                          const std::string& url);
HttpFailure cancelled_error(const std::string& url);

}  // namespace gvm::net
