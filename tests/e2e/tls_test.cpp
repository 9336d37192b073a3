// `serve.tls` with the real modules: from the files to the answer of a client that checks them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <string>

#include "e2e/genvm.h"
#include "e2e/module.h"
#include "support/certificate.h"
#include "support/http_server.h"
#include "support/wire_client.h"

namespace gvm::e2e {
namespace {

using test::Certificate;
using test::HttpServer;
using test::WireClient;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

// The files of serve.tls, in a folder of the test's own.
class Files {
 public:
  Files() { use(authority_, "localhost"); }

  void use(const Certificate& authority, const std::string& host,
           test::Validity validity = test::Validity::current) {
    const auto made = test::make_certificate(authority, host, validity);
    (void)folder_.write("c.pem", made.pem);
    use_key(made.key_pem);
    key_text_ = made.key_pem;
  }
  void use_key(const std::string& pem) {
    (void)folder_.write("k.pem", pem);
    ::chmod(key().c_str(), 0600);
  }
  std::string serve(const std::string& more = "") const {
    return "serve: {tls: {certificate: " + folder_.file("c.pem") + ", key: " + key() + more +
           "}}\n";
  }
  std::string key() const { return folder_.file("k.pem"); }
  const std::string& key_text() const { return key_text_; }
  const Certificate& authority() const { return authority_; }
  std::string ca(const Certificate& authority) const {
    return folder_.write("a.pem", authority.pem);
  }
  const TempFolder& folder() const { return folder_; }

 private:
  TempFolder folder_;
  Certificate authority_ = test::make_authority("an authority");
  std::string key_text_;
};

class TlsPort : public testing::Test {
 protected:
  ModuleOptions options(const std::string& more) const {
    return {.backends = backend_at(upstream_.url("")), .more = more};
  }
  static std::string url(const Module& module, const std::string& scheme = "wss") {
    return scheme + "://localhost:" + std::to_string(module.port());
  }
  static test::Finished call(const std::string& url, std::vector<std::string> options) {
    std::vector<std::string> command{program("genvm-modules"), "call", url};
    command.insert(command.end(), options.begin(), options.end());
    command.insert(command.end(), {"prompt", "x"});
    return test::run_program(std::move(command));
  }

  HttpServer upstream_{[body = openai_answer("fine")](const HttpServer::Request&) {
    return HttpServer::Reply{.body = body};
  }};
  Files files_;
};

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++found;
  return found;
}

// What a module that cannot start says.
test::Finished refused_start(const ModuleOptions& options) {
  const TempFolder folder;
  return test::run_program({program("genvm-llm"), "--config", write_config(folder, options)});
}

TEST_F(TlsPort, IsSpokenToByTheCallCommandInBothFramings) {
  Module module(options(files_.serve()));
  const auto ca = files_.ca(files_.authority());
  for (const std::string scheme : {"wss", "tls"}) {
    const auto called = call(url(module, scheme), {"--ca", ca});
    EXPECT_EQ(called.out, "fine\n") << called.err;
  }
  const auto unknown = call(url(module), {});
  EXPECT_EQ(unknown.exit_code, 4);
  EXPECT_THAT(unknown.err + unknown.out,
              AllOf(HasSubstr("the TLS handshake failed"), HasSubstr("--ca")));
  const auto other_name = call("wss://127.0.0.1:" + std::to_string(module.port()), {"--ca", ca});
  EXPECT_EQ(other_name.exit_code, 4) << "the certificate is of localhost";
  const auto no_file = call(url(module), {"--ca", "/no/such/file"});
  EXPECT_THAT(no_file.err + no_file.out, HasSubstr("/no/such/file"));
}

TEST_F(TlsPort, WithClientCertificatesServesWhoShowsOne) {
  const auto authority = test::make_authority("of clients");
  const auto client = test::make_certificate(authority, "a node");
  const auto client_ca = files_.folder().write("clients.pem", authority.pem);
  const auto certificate = files_.folder().write("node.pem", client.pem);
  const auto key = files_.folder().write("node.key", client.key_pem);
  Module module(options(files_.serve(", client_ca: " + client_ca + ", minimum: \"1.3\"")));
  const auto ca = files_.ca(files_.authority());
  const auto with = call(url(module), {"--ca", ca, "--certificate", certificate, "--key", key});
  EXPECT_EQ(with.out, "fine\n") << with.err;
  EXPECT_EQ(call(url(module), {"--ca", ca}).exit_code, 4);
  EXPECT_EQ(call(url(module), {"--ca", ca, "--key", key}).exit_code, 64) << "half of a pair";
}

// Fifty at once are one line, with a count, and nothing else.
TEST_F(TlsPort, PlainTextIsLoggedOnceAndTheKeyNever) {
  Module module(options(files_.serve()));
  for (int i = 0; i < 50; ++i) {
    auto client = WireClient::tcp(module.port());
    client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_THAT(client.read_all(), HasSubstr("this port speaks TLS"));
  }
  EXPECT_EQ(call(url(module), {"--ca", files_.ca(files_.authority())}).out, "fine\n");
  module.process().signal(SIGTERM);
  EXPECT_EQ(module.process().wait_exit(60s), 0);
  const auto log = module.process().out();
  EXPECT_EQ(count(log, "TLS handshake refused"), 1U) << log;
  EXPECT_THAT(log, HasSubstr("TLS is spoken on the session port"));
  const auto middle = files_.key_text().substr(files_.key_text().find('\n') + 1, 40);
  EXPECT_THAT(log, Not(HasSubstr(middle)));
}

// ---------------------------------------------------------------- reload

TEST_F(TlsPort, AReloadTakesTheFilesThatAreThereNow) {
  Module module(options(files_.serve()));
  const auto next = test::make_authority("a new authority");
  files_.use(next, "localhost");
  module.process().signal(SIGHUP);
  ASSERT_TRUE(module.process().wait_for_line("\"reloaded\"", 60s)) << module.process().out();
  EXPECT_EQ(call(url(module), {"--ca", files_.ca(next)}).out, "fine\n");
  EXPECT_EQ(call(url(module), {"--ca", files_.ca(files_.authority())}).exit_code, 4);
}

TEST_F(TlsPort, AReloadWithFilesThatDoNotFitIsRefusedAndTheOldOnesStay) {
  Module module(options(files_.serve()));
  files_.use_key(test::make_certificate(files_.authority(), "other").key_pem);
  module.process().signal(SIGHUP);
  const auto line = module.process().wait_for_line("the reload is refused", 60s);
  ASSERT_TRUE(line) << module.process().out();
  EXPECT_THAT(*line, AllOf(HasSubstr("serve.tls.key"), HasSubstr("it is not the key")));
  EXPECT_EQ(call(url(module), {"--ca", files_.ca(files_.authority())}).out, "fine\n");
}

// As certbot does: the configured names are links into another folder, whose files get numbers.
TEST_F(TlsPort, AReloadFollowsLinksToAFolderOfTheirOwn) {
  namespace fs = std::filesystem;
  const TempFolder live;
  const TempFolder archive;
  const auto publish = [&](const Certificate& made, const std::string& number) {
    for (const auto& [name, text] : {std::pair("c", made.pem), std::pair("k", made.key_pem)}) {
      const auto target = archive.write(name + number + ".pem", text);
      ::chmod(target.c_str(), 0600);
      fs::remove(live.file(std::string(name) + ".pem"));
      fs::create_symlink(target, live.file(std::string(name) + ".pem"));
    }
  };
  publish(test::make_certificate(files_.authority(), "localhost"), "1");
  Module module(options("serve: {tls: {certificate: " + live.file("c.pem") +
                        ", key: " + live.file("k.pem") + "}}\n"));
  const auto next = test::make_authority("a new authority");
  publish(test::make_certificate(next, "localhost"), "2");
  module.process().signal(SIGHUP);
  ASSERT_TRUE(module.process().wait_for_line("\"reloaded\"", 60s)) << module.process().out();
  EXPECT_EQ(call(url(module), {"--ca", files_.ca(next)}).out, "fine\n");
}

// ---------------------------------------------------------------- the start

TEST_F(TlsPort, FilesThatDoNotServeStopTheStartAndFailTheCheck) {
  const auto expect = [&](const std::string& reason) {
    const auto started = refused_start(options(files_.serve()));
    EXPECT_EQ(started.exit_code, 1);
    EXPECT_THAT(started.err, HasSubstr(reason));
    const TempFolder folder;
    const auto checked = test::run_program(
        {program("genvm-modules"), "check-config", write_config(folder, options(files_.serve()))});
    EXPECT_EQ(checked.exit_code, 1) << checked.out;
    EXPECT_THAT(checked.err, AllOf(HasSubstr("serve.tls"), HasSubstr(reason)));
  };
  files_.use_key(test::make_certificate(files_.authority(), "other").key_pem);
  expect("it is not the key of the certificate in");
  files_.use(files_.authority(), "localhost", test::Validity::expired);
  expect("it expired at 20");
  files_.use(files_.authority(), "localhost");
  std::filesystem::remove(files_.key());
  expect("k.pem: No such file or directory");
  std::filesystem::create_directory(files_.key());
  expect("k.pem: it is no regular file");
}

TEST_F(TlsPort, AKeyThatEveryUserCanOpenIsWarnedOf) {
  ::chmod(files_.key().c_str(), 0644);
  Module module(options(files_.serve()));
  EXPECT_TRUE(module.process().wait_for_line("every user can open it (mode 0644)", 10s))
      << module.process().out();
}

}  // namespace
}  // namespace gvm::e2e
