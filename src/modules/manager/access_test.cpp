// Who may talk to the manager, and the small texts it reads.
#include "manager/access.h"

#include <gtest/gtest.h>

#include "manager/api.h"
#include "manager/attach.h"

namespace gvm::manager {
namespace {

unsigned judged(const Access& access, std::string_view authorization, std::string_view host,
                std::string_view origin) {
  const auto refusal =
      access.judge({.path = "/x", .authorization = authorization, .host = host, .origin = origin});
  return refusal ? refusal->status : 200;
}

TEST(ManagerAccess, WithoutATokenPagesInBrowsersAreRefused) {
  const auto access = Access::of_hosts(Secret(), "127.0.0.1");
  EXPECT_EQ(judged(access, "", "127.0.0.1:3999", ""), 200U);
  EXPECT_EQ(judged(access, "", "localhost:3999", ""), 200U);
  EXPECT_EQ(judged(access, "", "[::1]:3999", ""), 200U);
  EXPECT_EQ(judged(access, "", "", ""), 200U);
  EXPECT_EQ(judged(access, "", "127.0.0.1:3999", "http://127.0.0.1:3999"), 200U);
  EXPECT_EQ(judged(access, "", "127.0.0.1:3999", "http://127.0.0.1:8080"), 403U);
  EXPECT_EQ(judged(access, "", "127.0.0.1:3999", "https://evil.example"), 403U);
  EXPECT_EQ(judged(access, "", "127.0.0.1:3999", "null"), 403U);
  EXPECT_EQ(judged(access, "", "rebound.evil.example:3999", ""), 403U);
  EXPECT_EQ(judged(access, "", "[", ""), 200U);
  EXPECT_EQ(judged(Access::of_hosts(Secret(), ""), "", "anything", ""), 200U) << "a Unix socket";
}

TEST(ManagerAccess, WithATokenOnlyTheTokenCounts) {
  const auto access = Access::of_hosts(Secret("of the test"), "0.0.0.0");
  EXPECT_EQ(judged(access, "Bearer of the test", "node.example", "https://page.example"), 200U);
  for (const char* wrong : {"", "Bearer", "Bearer ", "Bearer of the tes", "Bearer of the testt",
                            "Basic of the test", "of the test"})
    EXPECT_EQ(judged(access, wrong, "127.0.0.1", ""), 401U) << wrong;
  EXPECT_FALSE(access.judge({.path = "/"})) << "its page asks for the token";
  EXPECT_TRUE(access.judge({.path = "/status"}));
}

TEST(ManagerAccess, OfWhoWatchesIsThatOfTheModules) {
  const auto open = Access::of_watchers(Secret());
  EXPECT_FALSE(open.judge({.path = "/status", .host = "localhost:1"}));
  EXPECT_EQ(open.judge({.path = "/status", .host = "evil.example"})->status, 403U);
  EXPECT_EQ(open.judge({.path = "/", .host = "localhost", .is_local = false})->status, 403U);
  const auto guarded = Access::of_watchers(Secret("of-the-test-and-long"));
  const std::string right = "Bearer of-the-test-and-long";
  const auto from_elsewhere = [&](std::string_view path, std::string_view authorization) {
    const auto refusal = guarded.judge(
        {.path = path, .authorization = authorization, .host = "n.example", .is_local = false});
    return refusal ? refusal->status : 200U;
  };
  EXPECT_EQ(from_elsewhere("/status", right), 200U);
  EXPECT_EQ(from_elsewhere("/status", ""), 401U);
  EXPECT_EQ(from_elsewhere("/status", right + "x"), 401U);
  EXPECT_EQ(from_elsewhere("/", ""), 200U);
  EXPECT_EQ(from_elsewhere("/page.js", ""), 200U);
  EXPECT_FALSE(guarded.judge({.path = "/status", .host = "localhost"}));
}

TEST(ManagerAccess, OnlyLoopbackIsOpenWithoutAToken) {
  const auto why = [](const char* address, const char* token) {
    return why_not_open(serve::parse_listen_address(address).value(), Secret(token));
  };
  EXPECT_EQ(why("127.0.0.1:1", ""), "");
  EXPECT_EQ(why("[::1]:1", ""), "");
  EXPECT_EQ(why("localhost:1", ""), "");
  EXPECT_EQ(why("unix:///tmp/x", ""), "");
  EXPECT_NE(why("0.0.0.0:1", ""), "");
  EXPECT_NE(why("[::]:1", ""), "");
  EXPECT_NE(why("10.0.0.1:1", ""), "");
  EXPECT_EQ(why("0.0.0.0:1", "token"), "");
  const auto address = serve::parse_listen_address("0.0.0.0:1").value();
  EXPECT_NE(why_not_watched(address, Secret()).find("--admin-token-file"), std::string::npos);
  EXPECT_EQ(why_not_watched(address, Secret("token")), "");
}

TEST(ManagerExecutionsAddress, IsAHostOrASocket) {
  EXPECT_EQ(parse_executions_address("http://127.0.0.1:4000")->authority(), "127.0.0.1:4000");
  EXPECT_EQ(parse_executions_address("http://[::1]:4000/")->authority(), "[::1]:4000");
  EXPECT_EQ(parse_executions_address("http://host")->authority(), "host:80");
  EXPECT_EQ(parse_executions_address("unix:///run/x")->path, "/run/x");
  for (const char* wrong :
       {"", "https://x:1", "http://", "http://:1", "http://x:0", "http://x:65536",
        "http://x:1/path", "http://user@x:1", "http://x:1a", "x:1", "unix://x"})
    EXPECT_FALSE(parse_executions_address(wrong)) << wrong;
}

TEST(ManagerApi, KnowsWhatIsOfExecutions) {
  for (const char* path : {"/genvm/run", "/genvm/7/artifact", "/ws", "/permits",
                           "/contract/detect-version", "/manifest/reload", "/vm-error/describe"})
    EXPECT_TRUE(is_of_executions(path)) << path;
  for (const char* path : {"/", "/status", "/wsx", "/genvmx", "/module/start", "genvm"})
    EXPECT_FALSE(is_of_executions(path)) << path;
}

TEST(AttachExecutor, FindsTheOptionInBothForms) {
  std::vector<std::string> words = {"exe", "--module-llm=fd://3", "--module-web", "fd://4", "--x"};
  put_descriptor(words, "--module-llm", 70);
  put_descriptor(words, "--module-web", 71);
  put_descriptor(words, "--module-other", 72);
  const std::vector<std::string> expected = {"exe", "--module-llm=fd://70", "--module-web",
                                             "fd://71", "--x"};
  EXPECT_EQ(words, expected);
  EXPECT_EQ(find_option({"--module-llmx=1", "--module-llm"}, "--module-llm"), std::string::npos);
}

}  // namespace
}  // namespace gvm::manager
