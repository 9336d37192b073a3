#include <algorithm>
#include <boost/asio/awaitable.hpp>
#include <memory>
#include <vector>

#include "base/encoding.h"
#include "base/error_codes.h"
#include "host/functions.h"
#include "host/json_text.h"
#include "host/redirects.h"
#include "host/script_request.h"
#include "host/services.h"
#include "script/codes.h"
#include "script/session.h"
#include "text/json.h"
#include "url/url.h"

namespace gvm::host {

namespace {

namespace asio = boost::asio;
using script::Session;

constexpr std::string_view kName = "lib.rs.request";
constexpr std::size_t kMostJsonValues = 1'000'000;  // of a body

// One call of lib.rs.request: what every error of it must tell or hide.
class Exchange {
 public:
  Exchange(ScriptRequest request, url::Url url, const RequestLimits& limits)
      : form_(request.form),
        statuses_(request.statuses),
        limits_(limits),
        outgoing_(std::move(url)) {
    outgoing_.http = std::move(request.http);
    outgoing_.filtering = request.filtering;
    outgoing_.sign_with = std::move(request.sign_with);
    outgoing_.redirects = limits.redirects;
    outgoing_.timeout = Deadline::in(request.timeout);
    note_credentials();
  }

  Outgoing& outgoing() { return outgoing_; }
  // Whether the body is a JSON text that the script wants parsed.
  bool has_json(const net::HttpResponse& response) const {
    return form_ == BodyForm::json && !is_refused(response);
  }
  // `json`: what has_json() said is one, parsed.
  Result<Value> answer(net::HttpResponse& response, Result<Value> json) const;
  // Credentials of the configuration (`known`) and of this request, should the peer have echoed
  // them.
  Error clean(Error error, const Redactor* known) const;

 private:
  void note_credentials();
  bool is_refused(const net::HttpResponse& response) const {
    constexpr int kOk = 200;
    return statuses_ == Statuses::ok_only && response.status != kOk;
  }
  Error response_error(std::string_view code, const net::HttpResponse& response) const;
  Value error_body(const net::HttpResponse& response) const;

  BodyForm form_;
  Statuses statuses_;
  RequestLimits limits_;
  Outgoing outgoing_;
  std::vector<Secret> credentials_;
};

// "Bearer abc" as a whole, and "abc".
void Exchange::note_credentials() {
  for (const auto& header : outgoing_.http.headers) {
    if (!is_credential_header(header.name)) continue;
    credentials_.emplace_back(header.value);
    const auto space = header.value.rfind(' ');
    if (space != std::string::npos) credentials_.emplace_back(header.value.substr(space + 1));
  }
}

Value text_or_bytes(std::string bytes) {
  return is_valid_utf8(bytes) ? Value::string(std::move(bytes)) : Value::bytes(std::move(bytes));
}

// RFC 9110, 5.3: fields of one name are one list.
Value headers_value(const std::vector<net::HttpHeader>& headers) {
  std::vector<std::pair<std::string, std::string>> joined;
  for (const auto& header : headers) {
    const auto at =
        std::ranges::find(joined, header.name, &std::pair<std::string, std::string>::first);
    if (at == joined.end()) {
      joined.emplace_back(header.name, header.value);
    } else {
      at->second.append(", ").append(header.value);
    }
  }
  std::vector<Value::Map::Entry> entries;
  for (auto& [name, value] : joined) {
    entries.emplace_back(Blob(std::move(name)), text_or_bytes(std::move(value)));
  }
  return Value::map(Value::Map::from_entries(std::move(entries)));
}

Value Exchange::error_body(const net::HttpResponse& response) const {
  const bool whole = response.body.size() <= limits_.error_body_bytes;
  if (whole && form_ == BodyForm::json) {
    if (auto parsed = text::parse_json(response.body)) return std::move(*parsed);
  }
  return text_or_bytes(response.body.substr(0, limits_.error_body_bytes));
}

Error Exchange::response_error(std::string_view code, const net::HttpResponse& response) const {
  Error error(code, Fatality::fatal);
  error.with("status", Value::integer(response.status));
  error.with("headers", headers_value(response.headers));
  error.with("body", error_body(response));
  return error;
}

Result<Value> Exchange::answer(net::HttpResponse& response, Result<Value> json) const {
  if (is_refused(response)) return fail(response_error(codes::kStatusNotOk, response));
  if (!json) {
    Error error = response_error(codes::kDeserializing, response);
    error.add_cause(json.error().to_string());
    return fail(std::move(error));
  }
  Value body = form_ == BodyForm::json ? std::move(*json) : Value::bytes(std::move(response.body));
  Value answer = Value::object(
      {{"status", Value::integer(response.status)}, {"headers", headers_value(response.headers)}});
  answer.as_map()->set("body", std::move(body));
  return answer;
}

// The URL without user info, query and fragment, which may hold keys.
std::string bare_url(const url::Url& url) {
  std::string text(url.scheme());
  return text.append("://").append(url.host()).append(url.path());
}

Error Exchange::clean(Error error, const Redactor* known) const {
  error.with("url", Value::string(bare_url(outgoing_.url)));
  if (known != nullptr) known->redact(error);
  if (!credentials_.empty()) Redactor(credentials_).redact(error);
  return error;
}

Result<url::Url> request_url(const std::string& text) {
  auto url = url::parse(text);
  if (!url) return fail(std::move(url.error()));
  if (url->scheme() != "http" && url->scheme() != "https") {
    return fail(
        Error(codes::kSchemaForbidden, Fatality::user, std::string(kName) + ": only http and https")
            .with("schema", Value::string(std::string(url->scheme())))
            .with("url", Value::string(url->without_credentials())));
  }
  return url;
}

asio::awaitable<Result<Value>> run(Session* session, Args args, RequestLimits limits) {
  auto* services = dynamic_cast<Services*>(&session->services());
  if (services == nullptr) {
    co_return fail(codes::kScriptCannotWait, Fatality::fatal,
                   std::string(kName) + " is not possible at the script's top level");
  }
  Arguments arguments(kName, args);
  auto request = read_script_request(kName, arguments.any(1), limits);
  if (!request) co_return fail(std::move(request.error()));
  auto url = request_url(request->http.url);
  if (!url) co_return fail(std::move(url.error()));
  request->http.url = std::string(url->href());
  Exchange exchange(std::move(*request), std::move(*url), limits);
  auto sending = services->sender().send(exchange.outgoing(), session->deadline());
  Result<net::HttpResponse> response = co_await std::move(sending);
  if (!response) {
    co_return fail(exchange.clean(std::move(response.error()), services->redactor()));
  }
  // Shared with the thread that parses a long one.
  const auto received = std::make_shared<net::HttpResponse>(std::move(*response));
  Result<Value> json = Value::null();
  if (exchange.has_json(*received)) {
    auto body = std::shared_ptr<const std::string>(received, &received->body);
    auto& vm = static_cast<script::SessionImpl*>(session)->vm();
    auto parsing = parse_json_text(vm, std::move(body), kMostJsonValues);
    json = co_await std::move(parsing);
  }
  auto answer = exchange.answer(*received, std::move(json));
  if (!answer) co_return fail(exchange.clean(std::move(answer.error()), services->redactor()));
  co_return answer;
}

}  // namespace

void add_http_functions(script::HostTable& table, const RequestLimits& limits) {
  table.functions.push_back(
      {kCommonLibrary, "request",
       "fun(ctx: table, request: {method: string, url: string, headers: table<string, string>|nil, "
       "body: string|nil, sign: boolean|nil, sign_with: string|nil, json: boolean|nil, "
       "error_on_status: boolean|nil, "
       "response_body_max_size: integer|nil, timeout: number|nil, unfiltered: boolean|nil}): "
       "{status: integer, headers: table<string, string>, body: any}",
       "One HTTP request; suspends this session only. `timeout` is in seconds (default 120, at "
       "most "
       "600) and covers redirects, of which 10 are followed, never from https to http. Header "
       "names "
       "of the answer are lower case. `response_body_max_size` is in bytes (at most 32 MiB). "
       "`json` parses the body of the answer; `error_on_status` raises STATUS_NOT_OK unless the "
       "status is 200. Errors (fatal): STATUS_NOT_OK and DESERIALIZING with status, headers and at "
       "most 64 KiB of the body in ctx, SENDING_REQUEST, READING_BODY, DEADLINE_EXCEEDED; not "
       "fatal: "
       "MALFORMED_URL, SCHEMA_FORBIDDEN.",
       script::HostFunction::Async([limits](Session& session, Args args) {
         return run(&session, std::move(args), limits);
       })});
}

}  // namespace gvm::host
