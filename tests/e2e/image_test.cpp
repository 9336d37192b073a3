// Images: the model gets what the contract sent, and what cannot be sent is refused.
#include <gtest/gtest.h>

#include "base/encoding.h"
#include "base/size.h"
#include "e2e/genvm.h"
#include "e2e/module.h"
#include "support/http_server.h"

namespace gvm::e2e {
namespace {

using test::HttpServer;

constexpr std::size_t kLargest = 5 * kMiB;

std::string image(std::string_view signature, std::size_t size) {
  std::string bytes(signature);
  for (std::uint32_t i = 1; bytes.size() < size; i = i * 1664525 + 1013904223)
    bytes += static_cast<char>(i >> 24);
  return bytes;
}
std::string png(std::size_t size) {
  return image("\x89PNG\r\n\x1a\n", size);
}
std::string jpeg(std::size_t size) {
  return image("\xff\xd8\xff\xe0", size);
}

HttpServer answering() {
  return HttpServer([](const HttpServer::Request& request) {
    return HttpServer::Reply{.body = answer_for(request.target, "seen")};
  });
}

TEST(Images, TwoOfFiveMegabytesReachTheModelByteForByte) {
  HttpServer upstream = answering();
  Module module({.backends = backend_at(upstream.url(""))});
  GenVm genvm(module.port());
  const std::string first = png(kLargest), second = jpeg(kLargest);
  EXPECT_EQ(genvm.ask(prompt("what is this?", {first, second})).text(), "seen");
  const std::string body = upstream.last_request().body;
  EXPECT_NE(body.find("data:image/png;base64," + base64_encode(first)), std::string::npos);
  EXPECT_NE(body.find("data:image/jpeg;base64," + base64_encode(second)), std::string::npos);
}

TEST(Images, EveryProviderGetsThemInItsForm) {
  const std::tuple<std::string, std::string, std::string> rows[] = {
      {"openai-compatible", "data:image/png;base64,", ""},
      {"anthropic", "", R"("media_type":"image/png")"},
      {"google", "", R"("mime_type":"image/png")"},
      {"ollama", "", R"("images":[)"},
  };
  const std::string bytes = png(1000);
  for (const auto& [provider, before, beside] : rows) {
    HttpServer upstream = answering();
    BackendSpec spec{.host = upstream.url(""), .provider = provider};
    Module module({.backends = backend(spec)});
    GenVm genvm(module.port());
    EXPECT_EQ(genvm.ask(prompt("what?", {bytes})).text(), "seen") << provider;
    const std::string body = upstream.last_request().body;
    EXPECT_NE(body.find(before + base64_encode(bytes) + "\""), std::string::npos) << provider;
    EXPECT_NE(body.find(beside), std::string::npos) << provider;
  }
}

TEST(Images, BadOnesAreErrorsTheContractMayCatch) {
  HttpServer upstream = answering();
  Module module({.backends = backend_at(upstream.url(""))});
  GenVm genvm(module.port());
  const std::pair<std::vector<std::string>, std::string> rows[] = {
      {{png(9), png(9), png(9)}, "UserError TOO_MANY_IMAGES"},
      {{png(kLargest + 1)}, "UserError IMAGE_TOO_LARGE"},
      {{jpeg(6 * kMiB)}, "UserError IMAGE_TOO_LARGE"},
      {{"GIF89a and more"}, "UserError INVALID_IMAGE"},
      {{png(100), ""}, "UserError INVALID_IMAGE"},
      {{"\x89PNG"}, "UserError INVALID_IMAGE"},
  };
  for (const auto& [images, expected] : rows) {
    const Reply reply = genvm.ask(prompt("look", images));
    EXPECT_EQ(reply.outcome(), expected) << reply.shown;
  }
  EXPECT_EQ(upstream.request_count(), 0u);
  EXPECT_EQ(genvm.ask(prompt("look", {jpeg(50)})).text(), "seen") << "the session goes on";
}

TEST(Images, AModelThatTakesNoneIsNotAsked) {
  HttpServer upstream = answering();
  BackendSpec spec{.host = upstream.url(""), .models = "{m: {supports_json: true}}"};
  Module module({.backends = backend(spec)});
  GenVm genvm(module.port());
  EXPECT_EQ(genvm.ask(prompt("look", {png(20)})).outcome(), "FatalError NO_PROVIDER_FOR_PROMPT");
  EXPECT_EQ(upstream.request_count(), 0u);
}

}  // namespace
}  // namespace gvm::e2e
