#include "net/http_error.h"

#include <openssl/x509_vfy.h>

#include <array>
#include <utility>

#include "base/error_codes.h"
#include "net/curl_handle.h"

namespace gvm::net {
namespace {

// libcurl's sentences quote texts that servers send; longer ones carry no information.
constexpr std::size_t kMaxDetail = 200;

struct Failure {
  std::string_view code;
  HttpFault fault;
  std::string_view sentence;
};

constexpr Failure kReset{codes::kSendingRequest, HttpFault::reset,
                         "the server closed the connection without an answer"};
constexpr Failure kCut{codes::kReadingBody, HttpFault::cut, "the answer ended too early"};
constexpr Failure kProtocol{codes::kSendingRequest, HttpFault::protocol,
                            "the server's answer is not valid HTTP"};
constexpr Failure kTls{codes::kSendingRequest, HttpFault::tls,
                       "no secure connection to the server"};

constexpr Failure kProxy{codes::kSendingRequest, HttpFault::proxy,
                         "no way to the server by the proxy"};

// The connection lost data: the meaning depends on how much had arrived.
Failure lost(const Progress& progress) {
  return progress.head_complete ? kCut : kReset;
}

bool is_loss(CURLcode code) {
  return code == CURLE_COULDNT_CONNECT || code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR ||
         code == CURLE_GOT_NOTHING || code == CURLE_OPERATION_TIMEDOUT;
}

Failure classify(CURLcode code, const Progress& progress) {
  if (progress.before_proxy && is_loss(code)) return kProxy;
  switch (code) {
    case CURLE_PROXY:
    case CURLE_COULDNT_RESOLVE_PROXY:
      return kProxy;
    case CURLE_COULDNT_RESOLVE_HOST:
      return {codes::kSendingRequest, HttpFault::dns, "the host's name could not be resolved"};
    case CURLE_COULDNT_CONNECT:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_INTERFACE_FAILED:
      return {codes::kSendingRequest, HttpFault::connect, "no connection to the server"};
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_USE_SSL_FAILED:
      return kTls;
    case CURLE_SEND_ERROR:
    case CURLE_SEND_FAIL_REWIND:
      return {codes::kSendingRequest, HttpFault::send,
              "the connection broke while the request was sent"};
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
      return lost(progress);
    case CURLE_PARTIAL_FILE:
      return kCut;
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
      return progress.head_complete ? kCut : kProtocol;
    case CURLE_BAD_CONTENT_ENCODING:
      return {codes::kReadingBody, HttpFault::encoding, "the answer's compressed data is broken"};
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
      return {codes::kSendingRequest, HttpFault::protocol,
              "this is no http or https URL, or the answer is not HTTP"};
    default:
      return progress.head_complete ? kCut : kProtocol;
  }
}

// libcurl checks the host name itself, after OpenSSL has accepted the certificate.
std::string_view tls_kind(CURLcode code, long verify) {
  if (code != CURLE_PEER_FAILED_VERIFICATION)
    return code == CURLE_SSL_CERTPROBLEM ? "certificate" : "protocol";
  switch (verify) {
    case X509_V_OK:
    case X509_V_ERR_UNSPECIFIED:
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return "wrong_host";
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return "expired";
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return "not_yet_valid";
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return "self_signed";
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return "unknown_issuer";
    case X509_V_ERR_CERT_REVOKED:
      return "revoked";
    default:
      return "certificate";
  }
}

std::string printable(std::string_view text) {
  std::string out(text.substr(0, kMaxDetail));
  for (char& c : out) {
    if (c < ' ' || c > '~') c = '?';
  }
  return out;
}

HttpFailure make(const Failure& failure, const std::string& url) {
  HttpFailure made(Error(failure.code, Fatality::fatal, std::string(failure.sentence)));
  made.fault = failure.fault;
  made.error.with("url", Value::string(redacted_url(url)));
  made.error.with("kind", Value::string(std::string(fault_name(failure.fault))));
  return made;
}

std::string timeout_sentence(TimeoutKind kind, std::chrono::milliseconds limit) {
  const std::string span = std::to_string(limit.count()) + " ms";
  switch (kind) {
    case TimeoutKind::connect:
      return "no connection to the server within " + span;
    case TimeoutKind::first_byte:
      return "no answer from the server within " + span;
    case TimeoutKind::idle:
      return "the connection was silent for " + span;
    case TimeoutKind::speed:
      return "the answer came too slowly for " + span;
    case TimeoutKind::total:
      return "the exchange was not complete within " + span;
    case TimeoutKind::deadline:
      return "the deadline passed while talking to the server";
  }
  std::unreachable();
}

}  // namespace

std::string_view timeout_name(TimeoutKind kind) {
  switch (kind) {
    case TimeoutKind::connect:
      return "connect";
    case TimeoutKind::first_byte:
      return "first_byte";
    case TimeoutKind::idle:
      return "idle";
    case TimeoutKind::speed:
      return "speed";
    case TimeoutKind::total:
      return "total";
    case TimeoutKind::deadline:
      return "deadline";
  }
  std::unreachable();
}

std::string_view fault_name(HttpFault fault) {
  static constexpr std::array<std::string_view, 14> kNames = {
      "dns",      "connect", "proxy", "tls", "address",  "send",    "reset",
      "protocol", "limit",   "ratio", "cut", "encoding", "timeout", "cancelled"};
  return kNames[static_cast<std::size_t>(fault)];
}

std::string redacted_url(const std::string& url) {
  static constexpr const char* kUnreadable = "(unreadable)";
  const UrlHandle parsed(curl_url());
  constexpr unsigned kLenient = CURLU_NON_SUPPORT_SCHEME | CURLU_PATH_AS_IS;
  if (parsed == nullptr ||
      curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), kLenient) != CURLUE_OK) {
    return kUnreadable;
  }
  for (const auto part : {CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_OPTIONS, CURLUPART_QUERY,
                          CURLUPART_FRAGMENT}) {
    curl_url_set(parsed.get(), part, nullptr, 0);
  }
  char* text = nullptr;
  if (curl_url_get(parsed.get(), CURLUPART_URL, &text, 0) != CURLUE_OK) return kUnreadable;
  return std::string(CurlText(text).get());
}

void note_progress(HttpFailure& failure) {
  failure.error.with("request_sent", Value::boolean(failure.request_sent));
  failure.error.with("answer_began", Value::boolean(failure.answer_began));
}

HttpFailure transfer_error(int curl_code, std::string_view detail, const Progress& progress,
                           const std::string& url) {
  const auto code = static_cast<CURLcode>(curl_code);
  const Failure failure = classify(code, progress);
  HttpFailure made = make(failure, url);
  if (failure.fault == HttpFault::tls)
    made.error.with("tls", Value::string(std::string(tls_kind(code, progress.tls_verify))));
  if (failure.fault == HttpFault::proxy && progress.proxy_status != 0) {
    const auto status = static_cast<std::uint64_t>(progress.proxy_status);
    made.error.with("proxy_status", Value::integer(Integer::from_u64(status)));
  }
  made.error.add_cause(printable(detail.empty() ? curl_easy_strerror(code) : detail));
  return made;
}

HttpFailure head_cut_error(const std::string& url) {
  return make({codes::kSendingRequest, HttpFault::reset,
               "the connection ended within the answer's headers"},
              url);
}

HttpFailure protocol_error(std::string_view problem, const std::string& url) {
  return make({codes::kSendingRequest, HttpFault::protocol, problem}, url);
}

HttpFailure proxy_error(std::string_view problem, const std::string& url) {
  return make({codes::kSendingRequest, HttpFault::proxy, problem}, url);
}

HttpFailure resend_error(const std::string& url) {
  HttpFailure made =
      make({codes::kSendingRequest, HttpFault::reset,
            "the connection ended without an answer, and the request may have been acted on"},
           url);
  made.error.with("kept_connection", Value::boolean(true));
  return made;
}

HttpFailure lost_request_error(const std::string& url) {
  return make({codes::kSendingRequest, HttpFault::reset,
               "the connection ended without an answer, long after the whole request was sent"},
              url);
}

HttpFailure ratio_error(std::size_t ratio, const std::string& url) {
  HttpFailure made = make({codes::kReadingBody, HttpFault::ratio,
                           "the answer is larger than its compressed form can honestly be"},
                          url);
  made.error.with("limit", Value::integer(Integer::from_u64(ratio)));
  return made;
}

HttpFailure body_limit_error(std::size_t limit, const std::string& url) {
  HttpFailure made =
      make({codes::kReadingBody, HttpFault::limit, "the answer is larger than allowed"}, url);
  made.error.with("limit", Value::integer(Integer::from_u64(limit)));
  return made;
}

HttpFailure head_limit_error(std::size_t limit, const std::string& url) {
  HttpFailure made = make(
      {codes::kSendingRequest, HttpFault::protocol, "the answer's headers are larger than allowed"},
      url);
  made.error.with("limit", Value::integer(Integer::from_u64(limit)));
  return made;
}

HttpFailure head_count_error(std::size_t limit, const std::string& url) {
  HttpFailure made = make(
      {codes::kSendingRequest, HttpFault::protocol, "the answer has more headers than allowed"},
      url);
  made.error.with("limit", Value::integer(Integer::from_u64(limit)));
  return made;
}

HttpFailure body_cut_error(std::string_view problem, const std::string& url) {
  return make({codes::kReadingBody, HttpFault::cut, problem}, url);
}

HttpFailure encoding_error(std::string_view problem, const std::string& url) {
  return make({codes::kReadingBody, HttpFault::encoding, problem}, url);
}

// The message does not contain the address: a refusal must not reveal facts about the internal
// network.
HttpFailure address_error(const std::string& url) {
  return make({codes::kAddressForbidden, HttpFault::address, "the server's address is not allowed"},
              url);
}

HttpFailure timeout_error(TimeoutKind kind, std::chrono::milliseconds limit,
                          const std::string& url) {
  const std::string sentence = timeout_sentence(kind, limit);
  HttpFailure made = make({codes::kDeadlineExceeded, HttpFault::timeout, sentence}, url);
  made.timeout = kind;
  made.error.with("timeout", Value::string(std::string(timeout_name(kind))));
  return made;
}

HttpFailure cancelled_error(const std::string& url) {
  return make({codes::kCancelled, HttpFault::cancelled, "the request was cancelled"}, url);
}

}  // namespace gvm::net
