// What a router of the next configuration goes on with.
#include <gtest/gtest.h>

#include "dispatch/router.h"
#include "provider/catalog.h"

namespace gvm::dispatch {
namespace {

using routing::CallOutcome;
using routing::ErrorKind;

struct Spec {
  std::string key = "sk-canary-1";
  std::string model = "m";
  int breaker_failures = 3;
  int max_concurrency = 1;
  double retry_share = 0.1;
};

// A configuration with a backend "b", and its router.
struct Routed {
  explicit Routed(const Spec& spec, const Routed* before = nullptr) {
    auto made = std::make_shared<config::LlmConfig>();
    made->routing.breaker.failures = spec.breaker_failures;
    made->routing.retry_budget.share = spec.retry_share;
    config::BackendConfig backend;
    backend.name = "b";
    backend.host = "http://127.0.0.1:1";
    backend.provider_setting = config::Provider::openai_compatible;
    backend.key = Secret(spec.key);
    backend.share.max_concurrency = spec.max_concurrency;
    config::ModelConfig model;
    model.name = spec.model;
    backend.models.push_back(model);
    made->backends.push_back(std::move(backend));
    config = made;
    catalog =
        std::make_unique<provider::Catalog>(config, std::make_shared<const Redactor>(), counters);
    router = Router::make(*catalog, before == nullptr ? nullptr : before->router.get()).value();
  }

  void fail_until_open() {
    for (int i = 0; i < 3; ++i) {
      auto call = router->health().begin(0, Clock::now(), 1, routing::Urgency::normal);
      ASSERT_TRUE(call);
      call->finish(CallOutcome::failure(ErrorKind::server_error), Clock::now());
    }
    ASSERT_FALSE(available());
  }
  bool available() const {
    const auto state = router->health().state(0, Clock::now());
    return state.availability == routing::Availability::ready ||
           state.availability == routing::Availability::ramping;
  }

  std::shared_ptr<const config::LlmConfig> config;
  provider::Counters counters;
  std::unique_ptr<provider::Catalog> catalog;
  std::unique_ptr<Router> router;
};

TEST(RouterReload, WithTheSameSettingsBothLearnTogether) {
  const Routed old(Spec{});
  Routed next(Spec{}, &old);
  EXPECT_EQ(&next.router->health(), &old.router->health());
  EXPECT_EQ(&next.router->retries(), &old.router->retries());
  EXPECT_EQ(&next.router->hedges(), &old.router->hedges());
  EXPECT_EQ(next.router->permit_pool(0), old.router->permit_pool(0));
  next.fail_until_open();
  EXPECT_FALSE(old.available()) << "what a new session learns, an old one knows";
}

TEST(RouterReload, ABreakerStaysOpenUnderOtherSettings) {
  Routed old(Spec{});
  old.fail_until_open();
  const Routed next(Spec{.breaker_failures = 4}, &old);
  EXPECT_NE(&next.router->health(), &old.router->health());
  EXPECT_FALSE(next.available());
}

TEST(RouterReload, AnotherKeyStartsAnew) {
  Routed old(Spec{});
  old.fail_until_open();
  const Routed next(Spec{.key = "sk-canary-2"}, &old);
  EXPECT_TRUE(next.available());
}

TEST(RouterReload, AnotherModelStartsAnewAndTheBackendsPlacesStay) {
  Routed old(Spec{});
  const auto place = old.router->permit_pool(0)->try_enter();
  ASSERT_TRUE(place);
  const Routed next(Spec{.model = "n"}, &old);
  EXPECT_TRUE(next.available());
  EXPECT_FALSE(next.router->permit_pool(0)->try_enter()) << "an old session has the only place";
}

TEST(RouterReload, OtherLimitsHavePlacesOfTheirOwn) {
  const Routed old(Spec{});
  const Routed next(Spec{.max_concurrency = 2, .retry_share = 0.2}, &old);
  EXPECT_NE(next.router->permit_pool(0), old.router->permit_pool(0));
  EXPECT_NE(&next.router->retries(), &old.router->retries());
  EXPECT_EQ(&next.router->hedges(), &old.router->hedges());
}

TEST(CountersReload, GoOnByNameAndForgetWhatAnotherUpstreamTaught) {
  provider::Counters old;
  const auto kept = old.add("b", "kept", "host m");
  const auto moved = old.add("b", "moved", "host n");
  for (const auto row : {kept, moved}) {
    old.at(row).answered = 5;
    old.at(row).left_out = 1;
  }
  provider::Counters next(old);
  EXPECT_EQ(next.add("b", "kept", "host m"), kept);
  EXPECT_EQ(next.add("b", "moved", "elsewhere n"), moved);
  EXPECT_EQ(&next.at(kept), &old.at(kept)) << "sessions of both count in one row";
  EXPECT_EQ(next.at(moved).answered.load(), 5U);
  EXPECT_EQ(next.at(moved).left_out.load(), 0U);
  EXPECT_EQ(old.at(moved).left_out.load(), 1U);
}

}  // namespace
}  // namespace gvm::dispatch
