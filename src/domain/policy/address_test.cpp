#include "policy/address.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>

#include "policy/special_ranges.h"
#include "policy/test_addresses.h"
#include "support/paths.h"
#include "text/json.h"

namespace gvm::policy {
namespace {

IpAddress ip(std::string_view text) {
  const auto parsed = IpAddress::parse(text);
  EXPECT_TRUE(parsed) << text;
  return parsed.value_or(IpAddress());
}

Cidr cidr(std::string_view text) {
  const auto parsed = Cidr::parse(text);
  EXPECT_TRUE(parsed) << text;
  return parsed.value_or(Cidr());
}

bool allowed(std::string_view text) {
  return AddressRules().allows(ip(text));
}

TEST(SpecialRanges, AreThePublishedList) {
  std::ifstream file(test::source_dir() + "/tests/data/address/special-purpose.json");
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  const auto data = text::parse_json(text);
  ASSERT_TRUE(data);
  std::set<std::string> published;
  for (const auto& entry : *data->find("cidr")->as_array()) published.emplace(*entry.as_string());
  std::set<std::string> ours;
  for (const auto& special : kSpecialV4) ours.insert(special.range.to_string());
  for (const auto& special : kSpecialV6) ours.insert(special.range.to_string());
  EXPECT_EQ(ours, published);
}

TEST(AddressRules, RefuseEveryRangeFromItsFirstToItsLastAddress) {
  const AddressRules rules;
  for (const auto& range : special_ranges()) {
    EXPECT_FALSE(rules.allows(first_of(range))) << range.to_string();
    EXPECT_FALSE(rules.allows(last_of(range))) << range.to_string();
  }
}

TEST(AddressRules, AllowWhatStandsBesideARangeUnlessItIsOfAnother) {
  const AddressRules rules;
  int outside = 0;
  for (const auto& address : border_neighbours()) {
    const bool forbidden = independently_forbidden(address);
    EXPECT_EQ(rules.allows(address), !forbidden) << address.to_string();
    if (!forbidden) ++outside;
  }
  EXPECT_GE(outside, 25);  // that many ranges have a public neighbour
}

TEST(AddressRules, AllowPublicAddresses) {
  for (const auto* text :
       {"1.1.1.1", "8.8.8.8", "93.184.216.34", "172.15.255.255", "172.32.0.0", "100.63.255.255",
        "100.128.0.0", "223.255.255.255", "168.63.129.15", "2606:2800:220:1:248:1893:25c8:1946",
        "2a00:1450:4001:81b::200e", "2001:200::1", "2003::1", "3ffe::1", "2620:4f:7fff:ffff::1"}) {
    EXPECT_TRUE(allowed(text)) << text;
  }
}

TEST(AddressRules, RefuseIpv6OutsideOfGlobalUnicast) {
  for (const auto* text : {"1fff:ffff::1", "4000::1", "::2", "200::1", "fbff::1"}) {
    const auto decision = AddressRules().judge(ip(text));
    EXPECT_FALSE(decision.allowed) << text;
    EXPECT_EQ(decision.rule, AddressRule::outside) << text;
  }
}

// IPv4 inside IPv6 is already refused because of its outer address. Where an operator allows the
// outer address, the inner one still counts.
TEST(AddressRules, JudgeTheInnerAddressOfEveryForm) {
  const AddressRules open({.deny = {}, .allow = {cidr("::/0")}, .own = {}, .listeners = {}});
  for (const auto& spelling : embeddings_of(IpAddress::Bytes4{10, 0, 0, 1})) {
    const auto decision = open.judge(spelling);
    EXPECT_FALSE(decision.allowed) << spelling.to_string();
    EXPECT_FALSE(decision.embedding.empty()) << spelling.to_string();
    EXPECT_EQ(decision.range, cidr("10.0.0.0/8")) << spelling.to_string();
  }
  for (const auto& spelling : embeddings_of(IpAddress::Bytes4{8, 8, 8, 8}))
    EXPECT_TRUE(open.allows(spelling)) << spelling.to_string();
}

TEST(AddressRules, RefuseEveryEmbeddingOfEveryIpv4Border) {
  const AddressRules rules;
  for (const auto& special : kSpecialV4) {
    for (const auto& border : {first_of(special.range), last_of(special.range)}) {
      for (const auto& spelling : embeddings_of(bytes_of(border)))
        EXPECT_FALSE(rules.allows(spelling)) << spelling.to_string();
    }
  }
}

TEST(AddressRules, JudgeIsatapInsideGlobalUnicast) {
  EXPECT_FALSE(allowed("2606:2800::5efe:10.0.0.1"));
  EXPECT_FALSE(allowed("2606:2800::200:5efe:192.168.1.1"));
  EXPECT_TRUE(allowed("2606:2800::5efe:8.8.8.8"));
  EXPECT_TRUE(allowed("2606:2800::5eff:10.0.0.1"));
}

TEST(AddressRules, JudgeBothAddressesOfTeredo) {
  const AddressRules open({.deny = {}, .allow = {cidr("2001::/32")}, .own = {}, .listeners = {}});
  EXPECT_FALSE(open.allows(ip("2001:0:a00:1::f7f7:f7f7")));         // server 10.0.0.1
  EXPECT_FALSE(open.allows(ip("2001:0:808:808::f5ff:fffe")));       // client 10.0.0.1
  EXPECT_TRUE(open.allows(ip("2001:0:808:808:0:ffff:f7f7:f7f7")));  // 8.8.8.8 both
}

TEST(AddressRules, DenyWinsOverAllowAndAllowOverTheRanges) {
  const AddressRules rules({.deny = {cidr("127.0.0.3"), cidr("8.8.8.0/24")},
                            .allow = {cidr("127.0.0.0/29")},
                            .own = {ip("127.0.0.1")},
                            .listeners = {}});
  EXPECT_TRUE(rules.allows(ip("127.0.0.1")));
  EXPECT_EQ(rules.judge(ip("127.0.0.2")).rule, AddressRule::allow);
  EXPECT_EQ(rules.judge(ip("127.0.0.3")).rule, AddressRule::deny);
  EXPECT_EQ(rules.judge(ip("127.0.0.8")).rule, AddressRule::special);
  EXPECT_EQ(rules.judge(ip("8.8.8.8")).rule, AddressRule::deny);
}

TEST(AddressRules, RefuseTheHostsOwnPublicAddress) {
  const AddressRules rules(
      {.deny = {}, .allow = {}, .own = {ip("93.184.216.34")}, .listeners = {}});
  EXPECT_EQ(rules.judge(ip("93.184.216.34")).rule, AddressRule::own);
  EXPECT_TRUE(rules.allows(ip("93.184.216.35")));
}

TEST(AddressRules, RefuseOwnListenersEvenWhereTheirAddressIsAllowed) {
  const AddressRules rules({.deny = {},
                            .allow = {cidr("127.0.0.0/8"), cidr("93.184.216.34")},
                            .own = {ip("93.184.216.34")},
                            .listeners = {{ip("0.0.0.0"), 3032}, {ip("127.0.0.1"), 4444}}});
  EXPECT_EQ(rules.judge(ip("127.0.0.9"), 3032).rule, AddressRule::listener);
  EXPECT_EQ(rules.judge(ip("93.184.216.34"), 3032).rule, AddressRule::listener);
  EXPECT_EQ(rules.judge(ip("127.0.0.1"), 4444).rule, AddressRule::listener);
  EXPECT_TRUE(rules.allows(ip("127.0.0.2"), 4444));
  EXPECT_TRUE(rules.allows(ip("127.0.0.1"), 80));
  EXPECT_TRUE(rules.allows(ip("8.8.8.8"), 3032));
}

TEST(AddressDecision, SaysWhichRuleAndWhichInnerAddressDecided) {
  const AddressRules open(
      {.deny = {}, .allow = {cidr("64:ff9b::/96")}, .own = {}, .listeners = {}});
  EXPECT_EQ(open.judge(ip("64:ff9b::7f00:1")).to_string(),
            "special-purpose range 127.0.0.0/8 (loopback), NAT64 127.0.0.1");
  EXPECT_EQ(open.judge(ip("8.8.8.8")).to_string(), "public");
}

TEST(Cidr, ReadsNetworksAndRefusesOtherTexts) {
  EXPECT_EQ(cidr("10.0.0.0/8").to_string(), "10.0.0.0/8");
  EXPECT_EQ(cidr("10.1.2.3").to_string(), "10.1.2.3/32");
  EXPECT_EQ(cidr("2001:db8::/32").to_string(), "2001:db8::/32");
  for (const auto* text : {"", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.1/8", "10.0.0",
                           "::/129", "::1/64", "example.com", "10.0.0.0/8 ", "010.0.0.0/8"}) {
    EXPECT_FALSE(Cidr::parse(text)) << text;
  }
}

}  // namespace
}  // namespace gvm::policy
