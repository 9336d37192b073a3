// `serve.peers`: lists that would protect less than they seem to are refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/load.h"
#include "config/peers_schema.h"
#include "config/test_environment.h"

namespace gvm::config {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

Loaded<WebConfig> load(const std::string& text) {
  return load_web_text(text, "f.yaml", test_environment({{"TOKEN", "a-token-of-the-environment"}}));
}

std::string fault_of(const std::string& text) {
  const auto loaded = load(text);
  return loaded ? "no fault" : loaded.error().front().to_string();
}

TEST(PeersConfig, IsForEverybodyUnlessSomethingIsListed) {
  const auto loaded = load("{}");
  const auto& peers = loaded->config.common.serve.peers;
  EXPECT_THAT(peers.tokens, IsEmpty());
  EXPECT_THAT(peers.addresses, IsEmpty());
  EXPECT_THAT(peers.uids, IsEmpty());
  EXPECT_EQ(peers.unix_mode, "0600");
}

TEST(PeersConfig, TokensAreSecretsOfTheConfiguration) {
  const auto loaded = load("serve: {peers: {tokens: ['${ENV[TOKEN]}'], addresses: [10.0.0.0/8]}}");
  ASSERT_TRUE(loaded);
  const auto& peers = loaded->config.common.serve.peers;
  ASSERT_EQ(peers.tokens.size(), 1U);
  EXPECT_EQ(peers.tokens[0].reveal(), "a-token-of-the-environment");
  EXPECT_THAT(peers.addresses, ElementsAre("10.0.0.0/8"));
  const auto known = [](const Secret& s) { return s.reveal() == "a-token-of-the-environment"; };
  EXPECT_TRUE(std::ranges::any_of(loaded->secrets, known)) << "the redactor must know it";
}

TEST(PeersConfig, RefusesWhatWouldProtectLessThanItSeemsTo) {
  EXPECT_THAT(fault_of("serve: {peers: {tokens: [short]}}"),
              AllOf(HasSubstr("serve.peers.tokens"), Not(HasSubstr("short-")),
                    HasSubstr("16 to 4096 visible characters")));
  EXPECT_THAT(fault_of("serve: {peers: {tokens: ['']}}"), HasSubstr("serve.peers.tokens"));
  EXPECT_THAT(fault_of("serve: {peers: {tokens: [a-token-that-is-good, '']}}"),
              HasSubstr("got an empty token"));
  EXPECT_THAT(fault_of("serve: {peers: {tokens: ['${ENV[NOT_SET]}']}}"), HasSubstr("tokens"));
  EXPECT_THAT(fault_of("serve: {peers: {tokens: ['canary with spaces in it']}}"),
              AllOf(HasSubstr("serve.peers.tokens"), Not(HasSubstr("canary"))));
  EXPECT_THAT(fault_of("serve: {peers: {addresses: [10.0.0.1/8]}}"),
              HasSubstr("got \"10.0.0.1/8\", expected an address or a network"));
  EXPECT_THAT(fault_of("serve: {peers: {addresses: [localhost]}}"), HasSubstr("peers.addresses"));
  EXPECT_THAT(fault_of("bind_address: unix:///s\nserve: {peers: {uids: [-1]}}"),
              HasSubstr("serve.peers.uids[0]: got \"-1\", expected an integer"));
  EXPECT_THAT(fault_of("serve: {peers: {token: x}}"), HasSubstr("tokens"));
}

TEST(PeersConfig, RefusesAListThatTheAddressMakesUseless) {
  EXPECT_THAT(fault_of("serve: {peers: {uids: [1000]}}"),
              HasSubstr("serve.peers.uids: got a list, expected none: bind_address is of TCP"));
  EXPECT_THAT(fault_of("serve: {peers: {gids: [1000]}}"), HasSubstr("serve.peers.gids"));
  EXPECT_THAT(fault_of("bind_address: unix:///s\nserve: {peers: {addresses: [::1]}}"),
              HasSubstr("serve.peers.addresses: got a list, expected none"));
  EXPECT_EQ(fault_of("bind_address: fd://3\nserve: {peers: {uids: [0], addresses: ['::1']}}"),
            "no fault")
      << "what is inherited is known only at the start";
}

TEST(PeersConfig, TheModeOfTheFileIsOctal) {
  EXPECT_EQ(unix_mode_of("0660"), 0660U);
  EXPECT_EQ(unix_mode_of("666"), 0666U);
  for (const auto* text : {"", "66", "0888", "4755", "rw-rw----", "00660", "-660"})
    EXPECT_FALSE(unix_mode_of(text)) << text;
  EXPECT_THAT(fault_of("serve: {peers: {unix_mode: rwx}}"), HasSubstr("octal digits"));
}

}  // namespace
}  // namespace gvm::config
