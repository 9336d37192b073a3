#include "apps/server_program.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <optional>
#include <utility>

#include "apps/exit_code.h"
#include "apps/peer_tokens.h"
#include "apps/server_options.h"
#include "apps/version.h"
#include "apps/watchdog.h"
#include "net/lane_watchdog.h"
#include "serve/server.h"

namespace gvm::apps {

ServerProgram::ServerProgram(Names names, const ServerArguments& arguments,
                             const config::CommonConfig& config, std::vector<Secret> secrets,
                             const std::vector<std::string>& warnings)
    : names_(names),
      arguments_(arguments),
      config_(config),
      listen_fd_(arguments.listen_fd),
      lifetime_(arguments.die_with_parent ? serve::WithParent::die : serve::WithParent::stay),
      manager_(arguments),
      peer_tokens_(read_peer_tokens(config.serve.peers.token_file)),
      tls_files_(read_tls(config.serve.tls)),
      voice_(voice_of(config, all(std::move(secrets)))),
      redactor_(voice_.redactor),
      logger_(voice_.logger),
      http_(http_options(config)),
      lanes_(config.threads, http_) {
  for (const auto& warning : warnings) logger_.warn(warning);
}

namespace {

// So that the same secrets are the same list.
std::vector<Secret> sorted(std::vector<Secret> secrets) {
  const auto less = [](const Secret& a, const Secret& b) { return a.reveal() < b.reveal(); };
  const auto same = [](const Secret& a, const Secret& b) { return a.reveal() == b.reveal(); };
  std::ranges::sort(secrets, less);
  secrets.erase(std::unique(secrets.begin(), secrets.end(), same), secrets.end());
  return secrets;
}

}  // namespace

std::vector<Secret> ServerProgram::all(std::vector<Secret> secrets) const {
  if (peer_tokens_) secrets.insert(secrets.end(), peer_tokens_->begin(), peer_tokens_->end());
  return secrets;
}

ServerProgram::Voice ServerProgram::voice_of(const config::CommonConfig& config,
                                             std::vector<Secret> secrets) const {
  log::set_format(log_format_of(arguments_.log_format));
  Voice voice;
  secrets = sorted(std::move(secrets));
  voice.redactor = std::make_shared<const Redactor>(secrets);
  voice.secrets = std::move(secrets);
  voice.options = log_options(config, arguments_);
  voice.logger = log::Logger::open(voice.options, voice.redactor).child(names_.source);
  return voice;
}

scripted::ModuleParts ServerProgram::parts_with(const Voice& voice, net::HttpClientOptions http) {
  return {.redactor = voice.redactor,
          .logger = voice.logger,
          .lanes = lanes_,
          .http = std::move(http),
          .later = [background = background_](
                       std::function<void()> task) { background->post(std::move(task)); },
          .program = names_.program,
          .version = kVersion};
}

scripted::ModuleParts ServerProgram::parts() {
  return parts_with(voice_, http_);
}

scripted::ModuleParts ServerProgram::parts_for(const config::CommonConfig& config,
                                               std::vector<Secret> secrets) {
  const auto options = log_options(config, arguments_);
  secrets = sorted(all(std::move(secrets)));
  const bool same =
      options.level == voice_.options.level && options.disable == voice_.options.disable &&
      std::ranges::equal(secrets, voice_.secrets, {}, &Secret::reveal, &Secret::reveal);
  if (!same) voice_ = voice_of(config, std::move(secrets));
  return parts_with(voice_, http_options(config));
}

Result<void> ServerProgram::confined(const confine::Report& report) const {
  const bool warn = !report.complete() || report.mode() == confine::Mode::off;
  logger_.write_value(warn ? log::Level::warn : log::Level::info, "sandbox", report.to_value());
  return report.check();
}

int ServerProgram::cannot_start(const Error& error) const {
  logger_.error("cannot start", {{"error", error.to_value()}});
  logger_.flush();
  const auto reason = redactor_->redact(error.to_string());
  std::fprintf(stderr, "%s: %s\n", names_.program, reason.c_str());
  manager_.refused({reason});
  return exit_code_of(error.code());
}

int ServerProgram::serve_until_told(serve::Service& service, const Steps& steps) {
  if (!peer_tokens_) return cannot_start(peer_tokens_.error());
  auto options = server_options(config_, names_.program, *peer_tokens_);
  if (!tls_files_) return cannot_start(tls_files_.error());
  options.tls = tls_ = begin_tls();
  const auto stuck_lanes = std::make_shared<serve::StuckLanes>();
  options.stuck_lanes = stuck_lanes;
  if (listen_fd_ >= 0) options.bind_address = "fd://" + std::to_string(listen_fd_);
  serve::Server server(std::move(options), lanes_, service, logger_.child("serve"));
  auto further_options = server_options(config_, names_.program, {});
  further_options.peers = {};  // they are of the sessions' port, as is what watches it
  further_options.admin = {};
  FurtherServer further(std::move(further_options), steps.further_address, lanes_, steps.further,
                        logger_.child("serve"));
  lanes_.start();
  std::optional<net::LaneWatchdog> watchdog;  // ends before the lanes do
  if (steps.watchdog.stuck_after.count() > 0)
    watchdog.emplace(lanes_, steps.watchdog.stuck_after,
                     watchdog_actions(steps.watchdog, logger_.child("watchdog"), stuck_lanes));
  if (auto checked = steps.check(); !checked) return cannot_start(checked.error());
  // The process before may hold the address still, and gives it away with its turn.
  for (auto bound : {further.bind(), server.bind_admin()})
    if (!bound && !manager_.has_predecessor()) return cannot_start(bound.error());
  if (manager_) {
    HandedOver taken;
    if (!manager_.wait_for_turn(taken)) return 1;
    steps.take_over(taken.known);
    further.take_over(std::move(taken.socket));
    if (auto bound = server.bind_admin(); !bound)
      logger_.error("the module goes on without its admin address",
                    {{"error", bound.error().to_value()}});
  }
  if (auto bound = server.bind(); !bound) return cannot_start(bound.error());
  server.start();
  further.start(lifetime_);
  Reloads reloads;
  accept_reloads(steps, reloads);
  lifetime_.on_ending([this](const serve::Ending& ending) { tell_ending(ending); });
  tell_ready(server, further, steps);
  manager_.obey(lifetime_, {.hand_over =
                                [&] {
                                  reloads.close();
                                  return steps.hand_over();
                                },
                            .socket = [&] { return further.duplicate_socket(); },
                            .reloader = reloads.reloader ? &*reloads.reloader : nullptr});
  const int code = lifetime_.run(server, config_.serve.shutdown_grace, logger_);
  reloads.close();
  background_->close();  // what waits there refers to the reloader
  return code;
}

std::shared_ptr<serve::TlsInUse> ServerProgram::begin_tls() {
  if (!tls_files_->context) return nullptr;
  log_tls(*tls_files_);
  for (const auto& warning : tls_files_->warnings) logger_.warn(warning);
  return std::make_shared<serve::TlsInUse>(tls_files_->context);
}

void ServerProgram::use_tls(const TlsFiles& files) {
  if (!tls_ || !files.context) return;
  tls_->set(files.context);
  log_tls(files);
}

void ServerProgram::log_tls(const TlsFiles& files) const {
  const auto ends = std::chrono::system_clock::to_time_t(files.context->expires());
  logger_.info(
      "TLS is spoken on the session port",
      {{"certificate", Value::string(config_.serve.tls.certificate)},
       {"expires", Value::string(fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(ends)))}});
}

void ServerProgram::tell_ready(const serve::Server& server, const FurtherServer& further,
                               const Steps& steps) const {
  Value::Map ready;
  ready.set("address", Value::string(server.address()));
  ready.set("version", Value::string(kVersion));
  ready.set("lanes", Value::integer(static_cast<std::int64_t>(lanes_.size())));
  for (const auto& [key, value] : steps.ready) ready.set(key, value);
  if (const auto address = further.address(); !address.empty())
    ready.set("further_address", Value::string(address));
  if (const auto address = server.admin_address(); !address.empty())
    ready.set("admin_address", Value::string(address));
  const auto facts = Value::map(std::move(ready));
  logger_.write_value(log::Level::info, "ready", facts);
  manager_.ready(facts);
  notify_.ready("serves at " + server.address());
}

void ServerProgram::tell_ending(const serve::Ending& ending) const {
  const auto text = fmt::format("ends ({}): {} sessions are open", ending.reason, ending.sessions);
  using std::chrono::duration_cast;
  using std::chrono::microseconds;
  const long long most = duration_cast<microseconds>(ending.most).count();
  ending.begins ? notify_.stopping(text, most) : notify_.status(text);
}

void ServerProgram::accept_reloads(const Steps& steps, Reloads& reloads) {
  if (!steps.prepare_reload) return;
  reloads.reloader.emplace(*background_, steps.source, logger_.child("reload"),
                           steps.prepare_reload);
  lifetime_.on_hangup([&reloads] { reloads.reloader->hang_up(); });
  reloads.socket =
      ControlSocket::open(lifetime_.context(), names_.source, *reloads.reloader, logger_);
}

int ServerProgram::serve(serve::Service& service, const Steps& steps) {
  const int code = serve_until_told(service, steps);
  steps.wind_down();
  // The service's Lua states belong to the lanes, so the lanes must have stopped before the service
  // is destroyed.
  lanes_.stop();
  lanes_.join();
  logger_.flush();
  return code;
}

}  // namespace gvm::apps
