// A long run of the web module: its signer, name service, sites and browsers fail again and again.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "e2e/soak.h"
#include "e2e/web.h"
#include "signing/key.h"
#include "support/dns_server.h"
#include "support/http_server.h"
#include "support/process_tree.h"

namespace gvm::e2e {
namespace {

using test::DnsServer;
using test::HttpServer;
using Behaviour = HttpServer::Behaviour;

// The switches are thrown by the run, and looked at by the servers' threads.
struct Outages {
  std::atomic<bool> names = false;
  std::atomic<bool> signer = false;
  std::atomic<bool> sites = false;
};

void for_a_moment(std::atomic<bool>& outage) {
  outage = true;
  std::this_thread::sleep_for(300ms);
  outage = false;
}

struct SoakedWeb {
  HttpServer::Reply page(const HttpServer::Request& request) const {
    if (out.sites) return {.behaviour = Behaviour::reset};
    return {.headers = {{"Content-Type", "text/html; charset=utf-8"}},
            .body = "<h1>A page</h1><p>" + request.target + "</p>"};
  }
  std::vector<pid_t> browser_processes() {
    return test::with_command(test::process_tree(module->process().pid()), "chrom");
  }
  // Browser, driver or a child of theirs: as the kernel does when memory is used up.
  void kill_one() {
    const auto all = browser_processes();
    if (!all.empty()) ::kill(all[kills++ % all.size()], SIGKILL);
  }
  std::string named(const std::string& path) const {
    return "http://site.example.com:" + std::to_string(site.port()) + path;
  }

  Outages out;
  std::size_t kills = 0;
  HttpServer site{[this](const HttpServer::Request& request) { return page(request); }};
  signing::Key key = signing::Key::load(signing::Algorithm::secp256k1, Secret(std::string(64, '1')),
                                        signing::KeyUse::sign)
                         .value();
  HttpServer signer{[this](const HttpServer::Request& request) -> HttpServer::Reply {
    if (out.signer) return {.behaviour = Behaviour::reset};
    return {.body = key.sign(request.body).value()};
  }};
  DnsServer names{[this](const DnsServer::Question&) -> DnsServer::Reply {
    if (out.names) return {.behaviour = DnsServer::Behaviour::silent};
    return {.addresses = {"127.0.0.1"}, .ttl = 0};
  }};
  std::unique_ptr<Module> module = std::make_unique<Module>(ModuleOptions{
      .program = "genvm-web",
      .more = "always_allow_hosts: [\"127.0.0.1\"]\n"
              "http: {dns_cache: 0, connect_timeout: 1s, retry: {attempts: 1}}\n"
              "policy: {ports: [" +
              std::to_string(site.port()) + "], allow_addresses: [127.0.0.1], dns_servers: [\"" +
              names.address() +
              "\"], resolve_timeout: 500ms}\nbrowser: {navigation_timeout: 5s, max_browsers: 2}\n"
              "signer_url: \"" +
              signer.url("/sign") + "\"\n"});
};

void be_a_contract(const SoakedWeb& soaked, Random& random) {
  GenVm genvm(soaked.module->port(), hello_b());
  switch (random() % 8) {
    case 0:
      (void)genvm.ask(render(soaked.site.url("/page")));
      break;
    case 1:
      genvm.send(render(soaked.named("/left")));
      std::this_thread::sleep_for(std::chrono::milliseconds(random() % 300));
      genvm.ws().reset();
      break;
    case 2:
    case 3:
      (void)genvm.ask(web_request(
          {.method = "POST", .url = soaked.named("/signed"), .body = "b", .sign = true}));
      break;
    case 4:
    case 5:
      (void)genvm.ask(get(soaked.named("/named")));
      break;
    default:
      for (auto left = 1 + random() % 5; left > 0; --left)
        (void)genvm.ask(get(soaked.site.url("/plain")));
  }
}

// What is not served; empty: everything is.
std::string refused_by(SoakedWeb& soaked) {
  GenVm genvm(soaked.module->port(), hello_b());
  const Reply page = genvm.ask(render(soaked.named("/at-the-end")));
  if (!page.ok()) return page.shown;
  GenVm other(soaked.module->port(), hello_b());
  const Reply answer = other.ask(web_request({.url = soaked.named("/signed"), .sign = true}));
  return answer.ok() ? "" : answer.shown;
}

TEST(SoakFaults, TheWebModuleSurvivesItsBrowsersSignerNamesAndSites) {
  SoakedWeb soaked;
  auto& module = *soaked.module;
  const std::vector<std::function<void()>> faults{
      [&] { for_a_moment(soaked.out.names); },
      [&] { soaked.kill_one(); },
      [&] { for_a_moment(soaked.out.signer); },
      [&] { module.process().signal(SIGHUP); },
      [&] { for_a_moment(soaked.out.sites); },
      [&] { soaked.kill_one(); },
      [&] { (void)soaked.site.close_idle_connections(); },
      [&] { stop_for_a_moment(module); },
      [&] { starve_of_descriptors(module); }};
  const auto ask = [&](Random& random) { be_a_contract(soaked, random); };
  (void)run_with_faults(warm_up_time(), ask, faults);
  ASSERT_TRUE(eventually([&] { return refused_by(soaked).empty(); }, 60s)) << refused_by(soaked);
  const auto before = left_in(module);
  EXPECT_GT(run_with_faults(soak_time(), ask, faults), 10);
  EXPECT_TRUE(eventually([&] { return refused_by(soaked).empty(); }, 60s)) << refused_by(soaked);
  const auto after = left_in(module);
  expect_no_more(after, before);
  const auto processes = test::process_tree(module.process().pid());
  soaked.module.reset();
  EXPECT_TRUE(test::still_running(processes, 10s).empty()) << "browsers outlived the module";
}

}  // namespace
}  // namespace gvm::e2e
