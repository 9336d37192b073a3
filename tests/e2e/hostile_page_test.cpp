// Pages that try to reach what they must not reach: a real browser in a real cell behind a real
// proxy, with one page for each way out (tests/data/hostile/ways.json). Only the resolver and the
// dialer belong to the test, so that it sees every name and address. Packets that take another way
// are counted in a network namespace where every address is local.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "e2e/hostile_renderer.h"
#include "support/any_address_sinks.h"

namespace gvm::e2e {
namespace {

using testing::IsEmpty;

const std::vector<std::uint16_t> kTcpSinks = {80, 443, 3478, 7777, 8080};
const std::vector<std::uint16_t> kUdpSinks = {53, 80, 443, 3478, 5353, 7777};

// Spellings of internal addresses, one of which each page tries.
const std::vector<std::string> kInside = {"10.0.0.1",    "127.0.0.1:7777",    "localhost",
                                          "[::1]",       kInternalHost,       "169.254.169.254",
                                          "0x7f.1:8080", "[::ffff:10.0.0.1]", "2130706433:80",
                                          "0",           "192.168.1.1:8080",  "[fd00::1]:8080"};

struct Hostile : testing::Test {
  explicit Hostile(Isolation isolation) {
    // When the browser has no namespaces, this test runs in one.
    if (isolation == Isolation::processes) own_network.emplace();
    renderer = std::make_unique<Renderer>(isolation);
    const bool inside = renderer->cell().protection().network;
    sinks = std::make_unique<test::AnyAddressSinks>(inside ? renderer->first_inside() : 0,
                                                    kTcpSinks, kUdpSinks);
    sinks->knock("10.1.2.3");
    EXPECT_EQ(sinks->take().size(), kTcpSinks.size() + kUdpSinks.size());
  }
  std::optional<test::OwnNetwork> own_network;
  std::unique_ptr<Renderer> renderer;
  std::unique_ptr<test::AnyAddressSinks> sinks;
};

const char* name_of(Isolation isolation) {
  return isolation == Isolation::best ? "InNamespaces" : "FlagsAndProxy";
}

// The ways in several parts, because tests may run in parallel.
constexpr std::size_t kParts = 4;
struct HostileWays : Hostile, testing::WithParamInterface<std::tuple<Isolation, std::size_t>> {
  HostileWays() : Hostile(std::get<0>(GetParam())) {
    const auto all = hostile_ways();
    for (std::size_t i = std::get<1>(GetParam()); i < all.size(); i += kParts)
      part.push_back(all[i]);
  }
  std::vector<Way> part;
};
struct AllowedWays : HostileWays {};
struct HostilePages : Hostile, testing::WithParamInterface<Isolation> {
  HostilePages() : Hostile(GetParam()) {}
};

const std::set<std::string> kAllowed = {kPageAddress, kPublicAddress};

std::vector<std::string> outside_of_allowed(const Deeds& deeds) {
  std::vector<std::string> out;
  for (const auto& address : deeds.dialled) {
    if (!kAllowed.contains(address)) out.push_back(address);
  }
  return out;
}

TEST_P(HostileWays, ReachNothingThatTheyMayNot) {
  std::size_t index = 0;
  for (const Way& way : part) {
    const std::string& target = kInside[index++ % kInside.size()];
    SCOPED_TRACE(way.name + " to " + target);
    renderer->site.show(way, target);
    const auto refused = [](const Deeds& deeds) { return deeds.refusals > 0; };
    const Deeds deeds = renderer->visit(refused, way.always_reaches ? 2 * kSettle : kSettle);
    EXPECT_THAT(outside_of_allowed(deeds), IsEmpty());
    EXPECT_FALSE(deeds.dialled.contains(kPublicAddress));
    EXPECT_TRUE(deeds.dialled.contains(kPageAddress)) << "the page was not shown";
    EXPECT_THAT(sinks->take(), IsEmpty());
  }
  EXPECT_TRUE(renderer->cell().alive());
  EXPECT_FALSE(renderer->asked().contains("name-dns-prefetch.example.com"));
}

// The same pages with an allowed host, to show that they really try. Once is enough, because what a
// page tries does not depend on the protection.
TEST_P(AllowedWays, ReachAnAllowedHostByTheSameWays) {
  std::size_t count = 0;
  for (const Way& way : part) {
    SCOPED_TRACE(way.name);
    renderer->site.show(way, kPublicHost);
    const auto reached = [](const Deeds& deeds) { return deeds.dialled.contains(kPublicAddress); };
    const Deeds deeds = renderer->visit(reached, way.always_reaches ? kPatience : 2 * kSettle);
    EXPECT_THAT(outside_of_allowed(deeds), IsEmpty());
    if (way.always_reaches || way.never_reaches) {
      EXPECT_EQ(reached(deeds), way.always_reaches);
    }
    count += reached(deeds) ? 1 : 0;
  }
  EXPECT_GE(count, 40U / kParts);
  EXPECT_THAT(sinks->take(), IsEmpty());
}

// The programs that drive the page are the nearest destinations.
TEST_P(HostilePages, CannotReachTheDriverNorDevtools) {
  for (const auto& address :
       {renderer->cell().driver_address(), renderer->cell().devtools_address(),
        renderer->cell().proxy_url(1).substr(7)}) {
    const auto port = address.substr(address.find(':'));
    for (const auto* host : {"127.0.0.1", "localhost", "[::1]", "127.1", "2130706433", "0x7f000001",
                             "0177.0.0.1", "0.0.0.0", "[::ffff:127.0.0.1]", "127.0.0.2"}) {
      SCOPED_TRACE(host + port);
      Way way;
      way.files["/page"].body =
          "<body>waiting<script>var s=new WebSocket('{WS}');s.onopen=()=>document.body.textContent="
          "'reached';var t=document.createElement('script');t.src='{URL}';"
          "t.onload=()=>document.body.textContent='reached';document.body.append(t);"
          "fetch('http://{HOST}" +
          port +
          "/session',{method:'POST',mode:'no-cors',body:'{\"capabilities\":{}}'}).catch(()=>0)"
          "</script>";
      renderer->site.show(way, host + port);
      std::string text;
      const auto refused = [](const Deeds& deeds) { return deeds.refusals >= 3; };
      const Deeds deeds = renderer->visit(refused, kSettle, &text);
      EXPECT_THAT(outside_of_allowed(deeds), IsEmpty());
      EXPECT_THAT(text, testing::HasSubstr("waiting"));
      EXPECT_GE(deeds.refusals, 1U) << "not through the proxy";
    }
  }
  EXPECT_TRUE(renderer->cell().alive());
}

TEST_P(HostilePages, AnAllowedPageStillRenders) {
  Way way;
  way.files["/page"].body =
      "<!doctype html><link rel=stylesheet href=/a.css><h1>allowed</h1><p id=p></p>"
      "<script src=/a.js></script>";
  way.files["/a.css"] = {.status = 200, .type = "text/css", .body = "h1{color:red}", .headers = {}};
  way.files["/a.js"] = {.status = 200,
                        .type = "text/javascript",
                        .body =
                            "p.textContent='and scripted';"
                            "new Image().src='http://10.0.0.1/x.png'",
                        .headers = {}};
  renderer->site.show(way, kPublicHost);
  std::string text;
  const Deeds deeds =
      renderer->visit([](const Deeds& d) { return d.refusals >= 1; }, kPatience, &text);
  EXPECT_THAT(text, testing::HasSubstr("allowed\\n\\nand scripted"));
  ASSERT_EQ(deeds.refusals, 1U);
  EXPECT_EQ(deeds.refused[0].destination, "10.0.0.1:80");
}

std::string name_of_part(const testing::TestParamInfo<std::tuple<Isolation, std::size_t>>& how) {
  return name_of(std::get<0>(how.param)) + std::to_string(std::get<1>(how.param));
}

INSTANTIATE_TEST_SUITE_P(Egress, HostileWays,
                         testing::Combine(testing::Values(Isolation::best, Isolation::processes),
                                          testing::Range<std::size_t>(0, kParts)),
                         name_of_part);
INSTANTIATE_TEST_SUITE_P(Egress, AllowedWays,
                         testing::Combine(testing::Values(Isolation::best),
                                          testing::Range<std::size_t>(0, kParts)),
                         name_of_part);
INSTANTIATE_TEST_SUITE_P(Egress, HostilePages,
                         testing::Values(Isolation::best, Isolation::processes),
                         [](const auto& how) { return std::string(name_of(how.param)); });

}  // namespace
}  // namespace gvm::e2e
