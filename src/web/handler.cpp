#include "web/handler.h"

#include <vector>

#include "envelope/reply.h"
#include "host/functions.h"
#include "scripted/pools.h"
#include "scripted/program.h"
#include "web/functions.h"
#include "web/lane_network.h"
#include "web/network_of_config.h"
#include "web/session.h"

namespace gvm::web {
namespace {

class WebService final : public serve::Service {
 public:
  WebService(std::shared_ptr<const Shared> shared, std::size_t lanes, net::HttpClientOptions http)
      : shared_(std::move(shared)),
        http_(std::move(http)),
        pools_(lanes, shared_->config->common.vm_count),
        networks_(lanes) {}

  std::unique_ptr<serve::SessionHandler> open(net::Lane& lane, std::uint64_t) override {
    return std::make_unique<WebSession>(shared_, network_of(lane),
                                        pools_.of(lane, shared_->program));
  }
  std::string fatal_reply(const Error& error) override { return envelope::encode_error(error); }
  void collect_metrics(std::string& out) override { shared_->counters->write_to(out); }
  Health health() override { return {}; }

 private:
  // Made by the lane's first session.
  LaneNetwork& network_of(net::Lane& lane) {
    auto& network = networks_[lane.index()];
    if (!network) {
      network = std::make_unique<OwnedLaneNetwork>(
          lane, http_, resolver_options_of(*shared_->config), shared_->network.rules,
          shared_->network.routes.proxies());
    }
    return network->network();
  }

  std::shared_ptr<const Shared> shared_;
  net::HttpClientOptions http_;
  scripted::Pools pools_;
  // By lane, each touched by its own thread only.
  std::vector<std::unique_ptr<OwnedLaneNetwork>> networks_;
};

script::HostTable table_of(const config::WebConfig& config,
                           std::shared_ptr<const policy::UrlRules> rules) {
  host::CommonOptions options;
  options.data_dir = config.common.data_dir;
  script::HostTable table = host::common_table(options);
  add_web_functions(table, config, std::move(rules));
  return table;
}

}  // namespace

Result<script::HostTable> host_table(const config::WebConfig& config) {
  auto rules = url_rules_of(config);
  if (!rules) return fail(std::move(rules).error());
  return table_of(config, std::move(*rules));
}

Result<std::unique_ptr<serve::Service>> make_web_service(
    std::shared_ptr<const config::WebConfig> config, std::shared_ptr<const Redactor> redactor,
    log::Logger logger, net::Lanes& lanes, const net::HttpClientOptions& http) {
  auto network = network_of(*config);
  if (!network) return fail(std::move(network).error());
  auto program = scripted::load_program(config->common, table_of(*config, network->rules),
                                        "lib-web", {"Render", "Request"});
  if (!program) return fail(std::move(program).error());
  auto signing_keys = host::SigningKeys::load(config->common.signing);
  if (!signing_keys) return fail(std::move(signing_keys).error());

  auto shared = std::make_shared<Shared>();
  shared->config = std::move(config);
  shared->redactor = std::move(redactor);
  shared->program = std::move(*program);
  shared->signing_keys = std::move(*signing_keys);
  shared->network = std::move(*network);
  shared->logger = std::move(logger);
  return std::make_unique<WebService>(std::move(shared), lanes.size(), http);
}

}  // namespace gvm::web
