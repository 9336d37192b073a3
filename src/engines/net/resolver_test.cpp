#include "net/resolver.h"

#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <cstdio>
#include <fstream>
#include <optional>

#include "base/error_codes.h"
#include "net/interface_addresses.h"
#include "support/dns_server.h"

namespace gvm::net {
namespace {

using test::DnsServer;
using Behaviour = DnsServer::Behaviour;
using std::chrono::milliseconds;
using std::chrono::seconds;

ResolverOptions asking(const DnsServer& dns) {
  ResolverOptions options;
  options.servers = {dns.address()};
  options.hosts_file = "";
  return options;
}

std::string text_of(const Error& error, std::string_view key) {
  const Value* value = error.ctx().find(key);
  return value == nullptr ? "" : std::string(value->as_string().value_or(""));
}

// "1.2.3.4 5.6.7.8", or "CODE/which".
std::string shown(const Result<Addresses>& answer) {
  if (!answer) {
    const auto which = text_of(answer.error(), "dns") + text_of(answer.error(), "timeout");
    return std::string(answer.error().code()) + "/" + which;
  }
  std::string out;
  for (const auto& address : *answer) out += (out.empty() ? "" : " ") + address.to_string();
  return out;
}

struct Resolving {
  explicit Resolving(ResolverOptions options) : resolver(context, std::move(options)) {}

  // Starts all lookups at once.
  std::vector<std::string> resolve_all(const std::vector<std::string>& hosts,
                                       Deadline deadline = Deadline::in(seconds(10))) {
    std::vector<std::string> out(hosts.size(), "never ended");
    std::size_t left = hosts.size();
    for (std::size_t i = 0; i < hosts.size(); ++i) {
      asio::co_spawn(context, resolver.resolve(hosts[i], deadline),
                     [&, i](std::exception_ptr, Result<Addresses> answer) {
                       out[i] = shown(answer);
                       // A lookup that was given up keeps querying silent servers for a while.
                       if (--left == 0) context.stop();
                     });
    }
    context.restart();
    context.run_for(seconds(20));
    return out;
  }
  std::string resolve(const std::string& host, Deadline deadline = Deadline::in(seconds(10))) {
    return resolve_all({host}, deadline).front();
  }

  asio::io_context context{1};
  CaresResolver resolver;
};

DnsServer::Handler always(DnsServer::Reply reply) {
  return [reply](const DnsServer::Question&) { return reply; };
}

TEST(Resolver, AnswersBothFamiliesIpv6First) {
  const DnsServer dns(always({.addresses = {"1.2.3.4", "2606:2800::1", "5.6.7.8"}}));
  EXPECT_EQ(Resolving(asking(dns)).resolve("Example.COM"), "2606:2800::1 1.2.3.4 5.6.7.8");
}

TEST(Resolver, OneFamilyIsEnough) {
  const DnsServer dns(always({.addresses = {"1.2.3.4"}}));
  EXPECT_EQ(Resolving(asking(dns)).resolve("example.com"), "1.2.3.4");
}

TEST(Resolver, AddressesAreTheirOwnAnswer) {
  const DnsServer dns(always({}));
  Resolving at(asking(dns));
  EXPECT_EQ(at.resolve("1.2.3.4"), "1.2.3.4");
  EXPECT_EQ(at.resolve("::1"), "::1");
  EXPECT_EQ(dns.question_count(), 0U);
}

TEST(Resolver, EveryFailureIsAnError) {
  const DnsServer dns([](const DnsServer::Question& question) -> DnsServer::Reply {
    if (question.name == "none.com") return {.rcode = 3};
    if (question.name == "refused.com") return {.rcode = 5};
    if (question.name == "broken.com") return {.rcode = 2};
    if (question.name == "other.com")
      return {.addresses = {"1.2.3.4"}, .behaviour = Behaviour::other_name};
    return {};
  });
  Resolving at(asking(dns));
  EXPECT_EQ(at.resolve("none.com"), "SENDING_REQUEST/no_name");
  EXPECT_EQ(at.resolve("empty.com"), "SENDING_REQUEST/no_address");
  EXPECT_EQ(at.resolve("other.com").substr(0, 16), "SENDING_REQUEST/");
  EXPECT_EQ(at.resolve("refused.com").substr(0, 16), "SENDING_REQUEST/");
  EXPECT_EQ(at.resolve("broken.com").substr(0, 16), "SENDING_REQUEST/");
}

TEST(Resolver, NamesThatAreNoneAreNotAskedFor) {
  const DnsServer dns(always({.addresses = {"1.2.3.4"}}));
  Resolving at(asking(dns));
  for (const auto* host : {"", ".", "a..b", ".a", "a.", "a b", "a\nb", "b\xC3\xBC.de"})
    EXPECT_EQ(at.resolve(host), "SENDING_REQUEST/bad_name") << host;
  EXPECT_EQ(at.resolve(std::string(64, 'a') + ".com"), "SENDING_REQUEST/bad_name");
  EXPECT_EQ(dns.question_count(), 0U);
}

TEST(Resolver, SilentServersEndInTime) {
  const DnsServer dns(always({.behaviour = Behaviour::silent}));
  auto options = asking(dns);
  options.timeout = milliseconds(150);
  Resolving at(options);
  const auto begin = Clock::now();
  EXPECT_EQ(at.resolve("example.com"), "DEADLINE_EXCEEDED/dns");
  EXPECT_EQ(at.resolve("example.com", Deadline::in(milliseconds(50))),
            "DEADLINE_EXCEEDED/deadline");
  EXPECT_LT(Clock::now() - begin, milliseconds(200 + 2 * 250));
}

TEST(Resolver, ForgedAndBrokenAnswersAreNotTaken) {
  for (const auto behaviour : {Behaviour::wrong_id, Behaviour::garbage}) {
    const DnsServer dns(always({.addresses = {"127.0.0.1"}, .behaviour = behaviour}));
    auto options = asking(dns);
    options.timeout = milliseconds(150);
    options.try_timeout = milliseconds(100);
    options.tries = 1;
    EXPECT_NE(Resolving(options).resolve("example.com"), "127.0.0.1");
  }
}

TEST(Resolver, TruncatedAnswersAreAskedForByTcp) {
  const DnsServer dns(always({.addresses = {"1.2.3.4"}, .behaviour = Behaviour::truncated}));
  EXPECT_EQ(Resolving(asking(dns)).resolve("example.com"), "1.2.3.4");
  const auto questions = dns.questions();
  EXPECT_TRUE(std::ranges::any_of(questions, [](const auto& q) { return q.over_tcp; }));
}

TEST(Resolver, FollowsAliases) {
  const DnsServer dns(always({.addresses = {"1.2.3.4"}, .alias = "real.example.com"}));
  EXPECT_EQ(Resolving(asking(dns)).resolve("example.com"), "1.2.3.4");
}

TEST(Resolver, KeepsAnswersForTheirTimeToLive) {
  const DnsServer dns([](const DnsServer::Question& question) -> DnsServer::Reply {
    const auto last = std::to_string(question.number + 1);
    return {.addresses = {"1.1.1." + last}, .ttl = question.name == "fresh.com" ? 0U : 60U};
  });
  Resolving at(asking(dns));
  EXPECT_EQ(at.resolve("kept.com"), "1.1.1.1");
  EXPECT_EQ(at.resolve("kept.com"), "1.1.1.1");
  EXPECT_EQ(at.resolve("fresh.com"), "1.1.1.1");
  EXPECT_EQ(at.resolve("fresh.com"), "1.1.1.2");
  EXPECT_EQ(at.resolver.stats().cached, 1U);
}

TEST(Resolver, MaxTtlZeroKeepsNothing) {
  const DnsServer dns([](const DnsServer::Question& question) -> DnsServer::Reply {
    return {.addresses = {"1.1.1." + std::to_string(question.number + 1)}};
  });
  auto options = asking(dns);
  options.max_ttl = milliseconds(0);
  Resolving at(options);
  EXPECT_EQ(at.resolve("a.com"), "1.1.1.1");
  EXPECT_EQ(at.resolve("a.com"), "1.1.1.2");
}

TEST(Resolver, KeepsMissingNamesShortlyAndFailuresNotAtAll) {
  const DnsServer dns([](const DnsServer::Question& question) -> DnsServer::Reply {
    return {.rcode = question.name == "none.com" ? 3 : 2};
  });
  Resolving at(asking(dns));
  at.resolve("none.com");
  at.resolve("none.com");
  EXPECT_EQ(at.resolver.stats().lookups, 1U);
  at.resolve("broken.com");
  at.resolve("broken.com");
  EXPECT_EQ(at.resolver.stats().lookups, 3U);
}

TEST(Resolver, WhoeverAsksForTheSameNameWaitsForOneLookup) {
  const DnsServer dns(always({.addresses = {"1.2.3.4"}, .delay = milliseconds(50)}));
  Resolving at(asking(dns));
  for (const auto& answer : at.resolve_all(std::vector<std::string>(50, "example.com")))
    EXPECT_EQ(answer, "1.2.3.4");
  EXPECT_EQ(at.resolver.stats().lookups, 1U);
  EXPECT_EQ(at.resolver.stats().joined, 49U);
  EXPECT_EQ(dns.question_count(), 2U);
}

TEST(Resolver, CancellingOneDoesNotDisturbTheOthers) {
  const DnsServer dns(always({.addresses = {"1.2.3.4"}, .delay = milliseconds(100)}));
  Resolving at(asking(dns));
  asio::cancellation_signal cancel;
  std::string cancelled;
  std::string other;
  const auto deadline = Deadline::in(seconds(10));
  asio::co_spawn(at.context, at.resolver.resolve("example.com", deadline),
                 asio::bind_cancellation_slot(cancel.slot(),
                                              [&](std::exception_ptr, Result<Addresses> answer) {
                                                cancelled = shown(answer);
                                              }));
  asio::co_spawn(at.context, at.resolver.resolve("example.com", deadline),
                 [&](std::exception_ptr, Result<Addresses> answer) { other = shown(answer); });
  at.context.run_for(milliseconds(20));
  cancel.emit(asio::cancellation_type::terminal);
  at.context.run_for(seconds(10));
  EXPECT_EQ(cancelled, "CANCELLED/");
  EXPECT_EQ(other, "1.2.3.4");
}

TEST(Resolver, GoingAwayEndsWhatIsUnderWay) {
  const DnsServer dns(always({.behaviour = Behaviour::silent}));
  asio::io_context context(1);
  std::string answer;
  {
    CaresResolver resolver(context, asking(dns));
    asio::co_spawn(context, resolver.resolve("example.com", Deadline::in(seconds(10))),
                   [&](std::exception_ptr, Result<Addresses> a) { answer = shown(a); });
    context.run_for(milliseconds(20));
  }
  context.run_for(seconds(5));
  EXPECT_EQ(answer, "CANCELLED/");
}

TEST(Resolver, AbandonedCoroutinesLeaveNothingBehind) {
  const DnsServer dns(always({.behaviour = Behaviour::silent}));
  auto context = std::make_unique<asio::io_context>(1);
  auto resolver = std::make_unique<CaresResolver>(*context, asking(dns));
  asio::co_spawn(*context, resolver->resolve("example.com", Deadline::in(seconds(10))),
                 [](std::exception_ptr, Result<Addresses>) { FAIL() << "must not be resumed"; });
  context->run_for(milliseconds(20));
  resolver.reset();
  context.reset();
}

TEST(Resolver, ManyAddressesAreCutToBothFamilies) {
  std::vector<std::string> many;
  for (int i = 0; i < 20; ++i) {
    many.push_back("1.1.1." + std::to_string(i));
    many.push_back("2606::" + std::to_string(i));
  }
  const DnsServer dns(always({.addresses = many}));
  auto options = asking(dns);
  options.max_addresses = 4;
  EXPECT_EQ(Resolving(options).resolve("example.com"), "2606:: 2606::1 1.1.1.0 1.1.1.1");
}

TEST(Resolver, LimitsLookupsAtTheSameTime) {
  const DnsServer dns(always({.addresses = {"1.2.3.4"}, .delay = milliseconds(50)}));
  auto options = asking(dns);
  options.max_lookups = 2;
  const auto answers = Resolving(options).resolve_all({"a.com", "b.com", "c.com"});
  EXPECT_EQ(answers[0], "1.2.3.4");
  EXPECT_EQ(answers[1], "1.2.3.4");
  EXPECT_EQ(answers[2], "SENDING_REQUEST/failed");
}

TEST(Resolver, CacheIsBounded) {
  const DnsServer dns(always({.addresses = {"1.2.3.4"}}));
  auto options = asking(dns);
  options.max_entries = 2;
  Resolving at(options);
  for (const auto* host : {"a.com", "b.com", "c.com", "c.com", "a.com"}) at.resolve(host);
  EXPECT_EQ(at.resolver.stats().lookups, 4U);
}

TEST(Resolver, HostsFileComesFirstAndIsReadAgain) {
  const DnsServer dns(always({.addresses = {"1.2.3.4"}}));
  const std::string path = testing::TempDir() + "hosts-" + std::to_string(dns.port());
  std::ofstream(path) << "10.1.1.1 Inner.Example.com other # comment\n::2\tinner.example.com\n";
  auto options = asking(dns);
  options.hosts_file = path;
  Resolving at(options);
  EXPECT_EQ(at.resolve("inner.example.com"), "::2 10.1.1.1");
  EXPECT_EQ(dns.question_count(), 0U);
  std::ofstream(path) << "10.1.1.2 inner.example.com and more names\n";
  EXPECT_EQ(at.resolve("inner.example.com"), "10.1.1.2");
  std::remove(path.c_str());
  EXPECT_EQ(at.resolve("inner.example.com"), "1.2.3.4");
}

TEST(Resolver, ServersThatAreNoneStopTheStart) {
  asio::io_context context;
  ResolverOptions options;
  options.servers = {"not an address"};
  EXPECT_THROW(CaresResolver(context, options), std::runtime_error);
}

TEST(InterfaceAddresses, HoldLoopback) {
  const auto all = interface_addresses();
  EXPECT_NE(std::ranges::find(all, asio::ip::make_address("127.0.0.1")), all.end());
}

// Without them the policy would not know this machine's own addresses.
TEST(InterfaceAddresses, AreTheSameWithoutNetlink) {
  auto all = interface_addresses();
  auto without = interface_addresses_without_netlink();
  std::ranges::sort(all);
  std::ranges::sort(without);
  EXPECT_EQ(without, all);
}

}  // namespace
}  // namespace gvm::net
