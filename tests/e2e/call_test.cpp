// `genvm-modules call`, the client for people, and its exit codes.
#include <gtest/gtest.h>

#include "e2e/genvm.h"
#include "e2e/module.h"
#include "support/http_server.h"
#include "support/paths.h"

namespace gvm::e2e {
namespace {

using test::Finished;
using test::HttpServer;

Finished front(std::vector<std::string> arguments, const std::string& input = "") {
  arguments.insert(arguments.begin(), program("genvm-modules"));
  return test::run_program(std::move(arguments), {.input = input});
}

struct World {
  World()
      : upstream([](const HttpServer::Request& request) {
          const auto has = [&](const char* part) {
            return request.body.find(part) != request.body.npos;
          };
          HttpServer::Reply reply{.body = openai_answer("Paris")};
          if (has("fail")) reply.status = 500;
          if (has("json_object")) reply.body = openai_answer(R"({"result": true, "n": 0.5})");
          return reply;
        }),
        module({.backends = backend_at(upstream.url(""))}) {}
  Finished call(std::vector<std::string> arguments, const std::string& input = "") {
    arguments.insert(arguments.begin(), {"call", module.url()});
    return front(std::move(arguments), input);
  }
  HttpServer upstream;
  Module module;
};

void expect(const Finished& finished, int code, const std::string& out,
            const std::string& err = "") {
  EXPECT_EQ(finished.exit_code, code) << finished.out << finished.err;
  EXPECT_NE(finished.out.find(out), std::string::npos) << finished.out << finished.err;
  EXPECT_NE(finished.err.find(err), std::string::npos) << finished.out << finished.err;
}

TEST(Call, ShowsATextAnswer) {
  World world;
  EXPECT_EQ(world.call({"prompt", "the capital?"}).out, "Paris\n");
  expect(world.call({"prompt", "-"}, "from standard input"), 0, "Paris");
  EXPECT_NE(world.upstream.last_request().body.find("from standard input"), std::string::npos);
  const TempFolder folder;
  expect(world.call({"prompt", "@" + folder.write("prompt.txt", "from a file")}), 0, "Paris");
  EXPECT_NE(world.upstream.last_request().body.find("from a file"), std::string::npos);
}

TEST(Call, ShowsJsonInBothGenerations) {
  World world;
  expect(world.call({"prompt", "--json", "x"}), 0, R"({"n":"0.5","result":true})");
  const auto url = world.module.url();
  expect(front({"call", url, "--generation", "c", "prompt", "--json", "x"}), 0, R"("n")");
}

TEST(Call, SendsImages) {
  World world;
  const TempFolder folder;
  const auto png = folder.write("a.png", std::string_view("\x89PNG\r\n\x1a\n rest", 13));
  expect(world.call({"prompt", "what?", "--image", png, "--image", png}), 0, "Paris");
  EXPECT_NE(world.upstream.last_request().body.find("data:image/png;base64,"), std::string::npos);
  expect(world.call({"prompt", "what?", "--image", folder.write("a.gif", "GIF89a")}), 2, "",
         "INVALID_IMAGE");
  expect(world.call({"prompt", "what?", "--image", folder.file("absent.png")}), 64, "",
         "absent.png");
}

TEST(Call, AsksTemplates) {
  World world;
  expect(world.call({"template", "EqComparative", "--leader", "a", "--validator", "b",
                     "--principle", "c"}),
         0, "true");
  expect(world.call({"template", "EqNonComparativeLeader", "--task", "t", "--criteria", "c",
                     "--input", "i"}),
         0, "Paris");
  expect(world.call({"template", "EqNonComparativeValidator", "--task", "t", "--criteria", "c",
                     "--input", "i", "--output", "o"}),
         0, "true");
  expect(world.call({"template", "EqPerhaps"}), 3, "", "MALFORMED_REQUEST");
}

TEST(Call, SendsRawRequests) {
  World world;
  const std::string json =
      R"({"Prompt": {"payload": {"prompt": "raw", "images": []}, "remaining_fuel_as_gen": 5}})";
  expect(world.call({"raw", json}), 0, "Paris");
  expect(world.call({"raw", "-"}, json), 0, "Paris");
  const std::string tagged =
      R"({"m": [["Prompt", {"m": [["payload", {"m": [["images", {"l": [{"b": "ffd8ffe0"}]}], )"
      R"(["prompt", {"s": "raw"}]]}], ["remaining_fuel_as_gen", {"i": "5"}]]}]]})";
  expect(world.call({"raw", "--tagged", tagged}), 0, "Paris");
  EXPECT_NE(world.upstream.last_request().body.find("data:image/jpeg;base64,/9j/4A=="),
            std::string::npos);
  expect(world.call({"raw", "{}"}), 3, "", "MALFORMED_REQUEST");
  expect(world.call({"raw", "{no json"}), 64, "", "");
  expect(world.call({"raw", "--tagged", "{\"x\": 1}"}), 64, "", "");
}

TEST(Call, ItsExitCodeTellsTheOutcome) {
  World world;
  expect(world.call({"prompt", ""}), 2, "", "EMPTY_PROMPT");
  expect(world.call({"prompt", "fail"}), 3, "", "NO_PROVIDER_FOR_PROMPT");
  const test::RefusingPort nobody;
  const auto url = "ws://127.0.0.1:" + std::to_string(nobody.port());
  expect(front({"call", url, "prompt", "x"}), 4, "", "is the module running?");
  expect(front({"call", "ws+unix:///nonexistent.sock", "prompt", "x"}), 4, "");
  HttpServer no_module([](const HttpServer::Request&) { return HttpServer::Reply{.status = 404}; });
  expect(front({"call", "ws://127.0.0.1:" + std::to_string(no_module.port()), "prompt", "x"}), 4,
         "", "404");
  expect(front({"call", "gopher://x", "prompt", "x"}), 4, "");
}

TEST(Call, WaitsNoLongerThanItIsTold) {
  HttpServer upstream([](const HttpServer::Request&) {
    return HttpServer::Reply{.behaviour = HttpServer::Behaviour::hang};
  });
  Module module({.backends = backend_at(upstream.url(""))});
  const auto began = std::chrono::steady_clock::now();
  expect(front({"call", "--timeout", "0.5", module.url(), "prompt", "x"}), 4, "", "took too long");
  EXPECT_LT(std::chrono::steady_clock::now() - began, 500ms + 3000ms * kSlowness);
}

TEST(Call, RepeatsAndSumsUp) {
  World world;
  const auto finished =
      front({"call", world.module.url(), "--repeat", "40", "--concurrency", "4", "prompt", "x"});
  expect(finished, 0, "Paris", "40 replies in ");
  EXPECT_NE(finished.err.find("p50"), std::string::npos) << finished.err;
  EXPECT_NE(finished.err.find("p99"), std::string::npos) << finished.err;
  EXPECT_EQ(world.upstream.request_count(), 40u);
}

TEST(Call, SpeaksTheOtherFraming) {
  World world;
  expect(front({"call", "tcp://" + world.module.address(), "prompt", "x"}), 0, "Paris");
  const TempFolder folder;
  const auto path = folder.file("m.sock");
  Module module({.backends = backend_at(world.upstream.url("")), .bind_address = "unix://" + path});
  expect(front({"call", "unix://" + path, "prompt", "x"}), 0, "Paris");
  expect(front({"call", "ws+unix://" + path, "prompt", "x"}), 0, "Paris");
}

TEST(Front, TellsItsVersionAndHelp) {
  expect(front({"--version"}), 0, "0.2.0");
  expect(front({"--help"}), 0, "check-config");
  expect(front({"call", "--help"}), 0, "template");
  expect(test::run_program({program("genvm-llm"), "--version"}), 0, "0.2.0");
}

TEST(Front, AMisspeltNameIsProposedAsItIsWritten) {
  expect(front({"call", "ws://127.0.0.1:1", "promt", "x"}), 64, "", "\"prompt\"");
  expect(front({"chek-config", "x"}), 64, "", "\"check-config\"");
  expect(front({"ledger", "verfiy"}), 64, "", "\"verify\"");
  expect(front({"call", "ws://127.0.0.1:1", "--repaet", "2", "prompt", "x"}), 64, "",
         "\"--repeat\"");
  expect(test::run_program({program("genvm-llm"), "--confg", "x"}), 64, "", "\"--config\"");
}

TEST(Front, WrongUsageIsExitCode64) {
  expect(front({}), 64, "");
  expect(front({"unknown"}), 64, "");
  expect(front({"call"}), 64, "");
  expect(front({"llm-check", "--host", "x"}), 64, "");
  expect(front({"call", "ws://x", "--repeat", "0", "prompt", "x"}), 64, "");
  expect(test::run_program({program("genvm-llm"), "--unknown"}), 64, "");
  expect(test::run_program({program("genvm-web"), "--unknown"}), 64, "");
}

}  // namespace
}  // namespace gvm::e2e
