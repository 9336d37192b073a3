#include "serve/http_pages.h"

#include <boost/beast/http/status.hpp>
#include <chrono>

#include "base/json.h"
#include "serve/process_metrics.h"

namespace gvm::serve {
namespace {

namespace http = boost::beast::http;

double uptime_seconds(const Core& core) {
  return std::chrono::duration<double>(Clock::now() - core.started).count();
}

}  // namespace

HttpAnswer health_page(Core& core, HealthDetail detail) {
  const bool stopping = core.limits.stopping();
  auto health = core.service.health();
  const bool ok = health.healthy && !stopping;
  const char* status = stopping ? "stopping" : ok ? "ok" : "unhealthy";
  auto page = Value::object({
      {"status", Value::string(status)},
      {"program", Value::string(core.options.program)},
      {"version", Value::string(core.options.version)},
  });
  if (detail == HealthDetail::whole) {
    auto& fields = *page.as_map();
    const auto count = [](std::size_t n) { return Value::integer(static_cast<std::int64_t>(n)); };
    fields.set("uptime_seconds", Value::integer(static_cast<std::int64_t>(uptime_seconds(core))));
    fields.set("sessions", count(core.limits.sessions()));
    fields.set("max_sessions", count(core.options.max_sessions));
    fields.set("details", std::move(health.details));
  }
  HttpAnswer answer;
  answer.status = ok ? 200 : 503;
  answer.body = json::write(page) + "\n";
  return answer;
}

HttpAnswer metrics_page(Core& core) {
  HttpAnswer answer;
  answer.content_type = "text/plain; version=0.0.4; charset=utf-8";
  answer.body = metrics_text(core);
  return answer;
}

HttpAnswer http_error(unsigned status, std::string_view sentence) {
  HttpAnswer answer;
  answer.status = status;
  answer.body =
      json::write(Value::object({{"error", Value::string(std::string(sentence))}})) + "\n";
  return answer;
}

std::string refusal_sentence(RefusalReason refusal) {
  const std::string name = kRefusalNames[static_cast<std::size_t>(refusal)];
  if (refusal == RefusalReason::stopping) return "the module is shutting down";
  if (refusal == RefusalReason::origin)
    return "sessions are not for web pages: serve.allowed_origins does not list this Origin";
  if (refusal == RefusalReason::peer_address)
    return "this port is not for your address: serve.peers.addresses does not list it";
  if (refusal == RefusalReason::peer_user)
    return "this socket is not for your user: serve.peers lists neither its uid nor a gid of it";
  if (refusal == RefusalReason::peer_token)
    return "a token of serve.peers is needed: as `Authorization: Bearer TOKEN` of the upgrade, or "
           "as the field `token` of the hello";
  if (refusal == RefusalReason::memory)
    return "the module is overloaded: the limit serve." + name + " is reached, try again later";
  if (refusal == RefusalReason::admin_token || refusal == RefusalReason::watcher)
    return "who watches the module must be on this machine or show serve.admin_token";
  return "too many connections: the limit " + name + " is reached, try again later";
}

HttpAnswer http_refusal(RefusalReason refusal) {
  if (refusal == RefusalReason::peer_token) {
    auto answer = http_error(401, refusal_sentence(refusal));
    answer.extra_headers = "WWW-Authenticate: Bearer\r\n";
    return answer;
  }
  if (refusal == RefusalReason::origin || refusal == RefusalReason::peer_address ||
      refusal == RefusalReason::peer_user)
    return http_error(403, refusal_sentence(refusal));
  auto answer = http_error(503, refusal_sentence(refusal));
  answer.extra_headers = "Retry-After: 1\r\n";
  return answer;
}

namespace {

void write_certificate(metrics::Exposition& metrics, const TlsInUse& tls) {
  const auto ends = tls.get()->expires().time_since_epoch();
  metrics
      .family("genvm_serve_tls_certificate_expires_at_seconds", metrics::Type::gauge,
              "When the certificate of the port ends, in seconds since 1970.")
      .sample(std::chrono::duration<double>(ends).count());
}

void write_stuck_lanes(metrics::Exposition& metrics, const StuckLanes* lanes) {
  metrics
      .family("genvm_serve_lanes_stuck", metrics::Type::gauge,
              "Lanes that do not come back, as the watchdog sees them.")
      .sample(lanes == nullptr ? 0 : lanes->now.load());
  metrics
      .family("genvm_serve_lane_stuck_total", metrics::Type::counter,
              "Times that a lane did not come back in time.")
      .sample(lanes == nullptr ? 0 : lanes->times.load());
}

}  // namespace

std::string metrics_text(Core& core) {
  metrics::Exposition metrics;
  write_metrics(metrics, core.counters,
                {.sessions = core.limits.sessions(),
                 .connections = core.limits.connections(),
                 .requests = core.load.running(),
                 .uptime_seconds = uptime_seconds(core)});
  write_process_metrics(metrics);
  write_stuck_lanes(metrics, core.options.stuck_lanes.get());
  if (core.options.tls) write_certificate(metrics, *core.options.tls);
  core.service.collect_metrics(metrics);
  return metrics.text();
}

std::string http_response(const Core& core, const HttpAnswer& answer) {
  const auto reason = http::obsolete_reason(static_cast<http::status>(answer.status));
  std::string out = "HTTP/1.1 " + std::to_string(answer.status) + " ";
  out.append(reason.data(), reason.size());
  out += "\r\nServer: " + core.options.program + "/" + core.options.version;
  out += "\r\nContent-Type: " + answer.content_type;
  out += "\r\nContent-Length: " + std::to_string(answer.body.size());
  out += "\r\nConnection: close\r\n";
  out += answer.security_headers;
  out += answer.extra_headers + "\r\n" + answer.body;
  return out;
}

}  // namespace gvm::serve
