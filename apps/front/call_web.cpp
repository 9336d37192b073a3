#include "apps/front/call_web.h"

#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apps/front/input.h"

namespace gvm::apps {
namespace {

int complain(const std::string& what) {
  std::fprintf(stderr, "call: %s\n", what.c_str());
  return kExitUsage;
}

struct RequestOptions {
  std::string method;
  std::string url;
  std::vector<std::string> headers;
  std::optional<std::string> body;
  bool sign = false;
};

int run_request(const CallPlan& plan, const RequestOptions& options) {
  Value::Map headers;
  for (const auto& header : options.headers) {
    const auto colon = header.find(':');
    if (colon == std::string::npos || colon == 0)
      return complain("--header wants \"Name: value\", got \"" + header + "\"");
    const auto value = header.find_first_not_of(' ', colon + 1);
    headers.set(header.substr(0, colon),
                Value::bytes(value == std::string::npos ? "" : header.substr(value)));
  }
  Value payload = Value::fields(
      "method", Value::string(options.method), "url", Value::string(options.url), "headers",
      Value::map(std::move(headers)), "sign", Value::boolean(options.sign));
  if (options.body) {
    auto body = text_or_file(*options.body);
    if (!body) return complain(body.error());
    payload.as_map()->set("body", Value::bytes(std::move(*body)));
  }
  return run_call(plan, Value::fields("Request", std::move(payload)));
}

struct RenderOptions {
  std::string url;
  std::string mode = "text";
  std::string wait;
};

int run_render(const CallPlan& plan, const RenderOptions& options) {
  Value payload =
      Value::fields("mode", Value::string(options.mode), "url", Value::string(options.url));
  if (!options.wait.empty())
    payload.as_map()->set("wait_after_loaded", Value::string(options.wait));
  return run_call(plan, Value::fields("Render", std::move(payload)));
}

}  // namespace

WebCall add_call_request(CLI::App& call, CallPlan& plan) {
  auto options = std::make_shared<RequestOptions>();
  auto* command = call.add_subcommand("request", "an HTTP request through the web module");
  command->add_option("method", options->method, "GET, POST, PUT, HEAD, DELETE, OPTIONS or PATCH")
      ->required();
  command->add_option("url", options->url, "what to ask for")->required();
  command->add_option("--header", options->headers, "\"Name: value\"; may be repeated");
  command->add_option("--body", options->body, "the body, @FILE or - for standard input");
  command->add_flag("--sign", options->sign, "sign it (RFC 9421)");
  command->add_option("--out", plan.out_file, "a file for the body of the answer");
  return {command, [options, &plan] { return run_request(plan, *options); }};
}

WebCall add_call_render(CLI::App& call, CallPlan& plan) {
  auto options = std::make_shared<RenderOptions>();
  auto* command = call.add_subcommand("render", "a page as a browser shows it");
  command->add_option("url", options->url, "the page")->required();
  command->add_option("--mode", options->mode, "text, html or screenshot; default text")
      ->check(CLI::IsMember({"text", "html", "screenshot"}));
  command->add_option("--wait", options->wait, "after the page has loaded: 500ms, 2s");
  command->add_option("--out", plan.out_file, "a file for the text, HTML or PNG");
  return {command, [options, &plan] { return run_render(plan, *options); }};
}

}  // namespace gvm::apps
