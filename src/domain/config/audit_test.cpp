// `audit`, `data_rules`, `data` of a backend, and times that are written in days.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/changes.h"
#include "config/load.h"
#include "config/test_environment.h"

namespace gvm::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::string_view kBackends = R"(
backends:
  us: {host: 'http://127.0.0.1:1', provider: ollama, models: {m: {}}, data: {region: US, no_images: true}}
  eu: {host: 'http://127.0.0.1:2', provider: ollama, models: {m: {}}, data: {region: eu, zero_retention: true, no_personal_data: true}}
)";

Loaded<LlmConfig> load(const std::string& more) {
  return load_llm_text(std::string(kBackends) + more, "f.yaml", test_environment());
}

std::string fault_of(const std::string& more) {
  const auto loaded = load(more);
  return loaded ? "no fault" : loaded.error().front().to_string();
}

std::vector<std::string> warnings_of(const std::string& more) {
  const auto loaded = load(more);
  EXPECT_TRUE(loaded) << fault_of(more);
  return loaded ? loaded->warnings : std::vector<std::string>();
}

TEST(AuditConfig, IsOffAndKeepsNoTextsUnlessTheFileSaysSo) {
  const auto plain = load("")->config.audit;
  EXPECT_FALSE(plain.enabled);
  EXPECT_EQ(plain.texts, "none");
  EXPECT_EQ(plain.on_failure, "refuse");
  EXPECT_EQ(plain.retention.count, 400);
  const auto loaded = load(
      "audit: {enabled: true, path: /var/audit, texts: answers, retention: 12w, anchor: 'off', "
      "on_failure: continue, max_file_bytes: 1MiB}");
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->config.audit.retention.count, 84);
  EXPECT_EQ(loaded->config.audit.max_file_bytes, 1 * kMiB);
}

TEST(AuditConfig, RefusesWordsThatItDoesNotKnow) {
  EXPECT_THAT(fault_of("audit: {texts: some}"), HasSubstr("audit.texts"));
  EXPECT_THAT(fault_of("audit: {anchor: hourly}"), HasSubstr("audit.anchor"));
  EXPECT_THAT(fault_of("audit: {on_failure: panic}"), HasSubstr("audit.on_failure"));
  EXPECT_THAT(fault_of("audit: {retention: 0d}"), HasSubstr("from 1 to 36500"));
  EXPECT_THAT(fault_of("audit: {retention: soon}"), HasSubstr("90d"));
  EXPECT_THAT(fault_of("audit: {retention: 3m}"), HasSubstr("a number of days"));
}

TEST(AuditConfig, OfALedgerTimesMayHaveAUnit) {
  const auto loaded = load("ledger: {keep_records_days: 90d, keep_entries_days: 2y}");
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->config.ledger.keep_records_days.count, 90);
  EXPECT_EQ(loaded->config.ledger.keep_entries_days.count, 730);
  EXPECT_EQ(load("ledger: {keep_records_days: 7}")->config.ledger.keep_records_days.count, 7);
  EXPECT_THAT(fault_of("ledger: {keep_entries_days: 1w}"), HasSubstr("from 40"));
}

TEST(AuditConfig, TakesEffectAtTheNextStart) {
  const auto changed =
      changes("audit: {texts: none}", "audit: {texts: all}", ModuleKind::llm, test_environment());
  ASSERT_EQ(changed.size(), 1U);
  EXPECT_TRUE(changed[0].restart);
}

TEST(DataRules, SayWhatABackendIsAndWhatMayBeSentToIt) {
  const auto loaded = load(
      "data_rules: {regions: [EU, ch], zero_retention_only: true, images: {regions: [eu]}, "
      "personal_data: {zero_retention_only: true}}");
  ASSERT_TRUE(loaded);
  const auto& backends = loaded->config.backends;
  EXPECT_EQ(backends[0].data.region, "us");
  EXPECT_TRUE(backends[0].data.no_images);
  EXPECT_TRUE(backends[1].data.zero_retention);
  EXPECT_TRUE(backends[1].data.no_personal_data);
  EXPECT_THAT(loaded->config.data_rules.all.regions, ElementsAre("eu", "ch"));
  EXPECT_TRUE(loaded->config.data_rules.all.zero_retention_only);
  EXPECT_THAT(loaded->config.data_rules.images.regions, ElementsAre("eu"));
  EXPECT_THAT(loaded->warnings, IsEmpty());
}

TEST(DataRules, RefuseWhatIsNoRegion) {
  EXPECT_THAT(fault_of("data_rules: {regions: ['e u']}"), HasSubstr("data_rules.regions[0]"));
  EXPECT_THAT(fault_of("data_rules: {images: {regions: ['']}}"),
              HasSubstr("data_rules.images.regions[0]"));
}

TEST(DataRules, WarnWhenNoBackendFitsThem) {
  EXPECT_THAT(warnings_of("data_rules: {regions: [ch]}"),
              ElementsAre(HasSubstr("no backend fits it")));
  EXPECT_THAT(
      warnings_of("data_rules: {personal_data: {regions: [us], zero_retention_only: true}}"),
      ElementsAre(HasSubstr("data_rules.personal_data")));
}

}  // namespace
}  // namespace gvm::config
