#include "manager/llm_check.h"

#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>

#include "base/encoding.h"
#include "base/error_detail.h"
#include "config/templating.h"
#include "manager/codes.h"
#include "manager/signal.h"
#include "text/json_view.h"

namespace gvm::manager {
namespace {

constexpr std::size_t kMostAtOnce = 32;
constexpr std::size_t kMostResponseBytes = 64 * kKiB;

std::unexpected<Error> refuse(std::string why) {
  return fail(codes::kModuleConfigRefused, Fatality::user, std::move(why));
}

class Fields {
 public:
  Fields(const Value& of, std::string where, const config::Environment& environment)
      : of_(of), where_(std::move(where)), environment_(environment) {}

  Result<std::string> text(const char* key, bool required) const {
    const Value* found = of_.find(key);
    if (found == nullptr || found->is_null()) {
      if (required) return refuse(fmt::format("{}.{} is missing", where_, key));
      return std::string();
    }
    const auto written = found->as_string();
    if (!written) return refuse(fmt::format("{}.{} is no text", where_, key));
    auto filled = config::expand(*written, environment_);
    if (!filled) return refuse(fmt::format("{}.{}: {}", where_, key, filled.error()));
    return std::move(*filled);
  }
  std::optional<double> number(const char* key) const {
    const Value* found = of_.find(key);
    if (found == nullptr) return std::nullopt;
    if (const double* real = found->as_real()) return *real;
    const auto whole = text::integer_at(*found, "");
    return whole ? std::optional(static_cast<double>(*whole)) : std::nullopt;
  }
  bool flag(const char* key) const {
    const Value* found = of_.find(key);
    return found != nullptr && found->as_bool() != nullptr && *found->as_bool();
  }

 private:
  const Value& of_;
  std::string where_;
  const config::Environment& environment_;
};

Result<config::BackendConfig> backend_of(const Fields& fields) {
  auto host = fields.text("host", true);
  if (!host) return fail(host.error());
  auto provider = fields.text("provider", true);
  if (!provider) return fail(provider.error());
  auto model = fields.text("model", true);
  if (!model) return fail(model.error());
  auto key = fields.text("key", false);
  if (!key) return fail(key.error());
  auto made = provider::single_model_backend(*host, *provider, *model, Secret(std::move(*key)));
  if (!made) return refuse(fmt::format("provider \"{}\" is none that is known", *provider));
  made->models.front().supports_image = true;
  return std::move(*made);
}

// A picture: base64 text, or bytes as numbers as some hosts write them.
std::optional<std::string> picture_of(const Value& value) {
  if (const auto text = value.as_string()) return base64_decode(*text);
  const auto* numbers = value.as_array();
  if (numbers == nullptr) return std::nullopt;
  std::string bytes;
  for (const auto& number : *numbers) {
    const auto byte = text::integer_at(number, "");
    if (!byte || *byte < 0 || *byte > 255) return std::nullopt;
    bytes += static_cast<char>(*byte);
  }
  return bytes;
}

Result<provider::Prompt> prompt_of(const Value& value, const Fields& fields,
                                   const std::string& where) {
  provider::Prompt prompt;
  auto system = fields.text("system_message", false);
  if (!system) return fail(system.error());
  if (!system->empty()) prompt.system_message = Blob(std::move(*system));
  auto user = fields.text("user_message", true);
  if (!user) return fail(user.error());
  prompt.user_message = Blob(std::move(*user));
  prompt.sampling.temperature = fields.number("temperature");
  if (const auto most = fields.number("max_tokens"); most && *most >= 1 && *most <= 1e9)
    prompt.max_tokens = static_cast<std::uint32_t>(*most);
  prompt.use_max_completion_tokens = fields.flag("use_max_completion_tokens");
  const Value* images = value.find("images");
  if (images == nullptr || images->as_array() == nullptr) return prompt;
  for (const auto& image : *images->as_array()) {
    auto bytes = picture_of(image);
    if (!bytes) return refuse(where + ".images: expected base64 texts");
    prompt.images.emplace_back(std::move(*bytes));
  }
  return prompt;
}

struct Progress {
  explicit Progress(asio::io_context& context) : changed(context) {}
  Signal changed;
  std::size_t running = 0;
  Value::Array rows;
};

// What one pair came to: what the model said, or why it said nothing.
using Said = std::expected<std::string, std::string>;

Said said_in(const provider::CheckReport& report) {
  if (report.outcome != provider::CheckOutcome::works) return std::unexpected(report.sentence);
  return report.answer.substr(0, kMostResponseBytes);
}

Value row_of(std::size_t config, std::size_t prompt, const Said& said) {
  const auto index = [](std::size_t n) { return Value::integer(static_cast<std::int64_t>(n)); };
  return Value::object({{"config_index", index(config)},
                        {"prompt_index", index(prompt)},
                        {"available", Value::boolean(said.has_value())},
                        {"error", said ? Value::null() : Value::string(said.error())},
                        {"response", said ? Value::string(*said) : Value::null()}});
}

asio::awaitable<void> check_pair(net::HttpClient& http, std::shared_ptr<const CheckPlan> plan,
                                 std::shared_ptr<Progress> progress, std::size_t config,
                                 std::size_t prompt, std::chrono::milliseconds each) {
  const auto& judged = plan->backends[config];
  Value& row = progress->rows[config * plan->prompts.size() + prompt];
  if (!judged) {
    row = row_of(config, prompt, std::unexpected(std::string(detail_of(judged.error()))));
    co_return;
  }
  config::BackendConfig backend = *judged;
  backend.models.front().timeouts.total = each;
  auto checking =
      provider::check_prompt(http, std::move(backend), plan->prompts[prompt].borrowed());
  const auto report = co_await std::move(checking);
  row = row_of(config, prompt, said_in(report));
}

}  // namespace

Result<CheckPlan> parse_check(const Value& body, const config::Environment& environment) {
  CheckPlan plan;
  const auto list = [&](const char* key) -> const Value::Array* {
    const Value* found = body.find(key);
    return found == nullptr ? nullptr : found->as_array();
  };
  const auto* configs = list("configs");
  const auto* prompts = list("test_prompts");
  if (configs == nullptr || prompts == nullptr)
    return refuse("expected {\"configs\": [...], \"test_prompts\": [...]}");
  if (configs->size() * prompts->size() > kMostPairs)
    return refuse(fmt::format("more than {} pairs of a config and a prompt", kMostPairs));
  for (std::size_t i = 0; i < configs->size(); ++i) {
    const auto where = fmt::format("configs[{}]", i);
    plan.backends.push_back(backend_of(Fields((*configs)[i], where, environment)));
  }
  for (std::size_t i = 0; i < prompts->size(); ++i) {
    const auto where = fmt::format("test_prompts[{}]", i);
    auto made = prompt_of((*prompts)[i], Fields((*prompts)[i], where, environment), where);
    if (!made) return fail(std::move(made).error());
    plan.prompts.push_back(std::move(*made));
  }
  return plan;
}

asio::awaitable<Value> run_checks(asio::io_context& context, net::HttpClient& http,
                                  std::shared_ptr<const CheckPlan> plan,
                                  std::chrono::milliseconds each) {
  auto progress = std::make_shared<Progress>(context);
  const std::size_t prompts = plan->prompts.size();
  progress->rows.resize(plan->backends.size() * prompts);
  for (std::size_t pair = 0; pair < progress->rows.size(); ++pair) {
    while (progress->running >= kMostAtOnce) {
      auto waiting = progress->changed.wait(Deadline::never());
      co_await std::move(waiting);
    }
    ++progress->running;
    asio::co_spawn(context, check_pair(http, plan, progress, pair / prompts, pair % prompts, each),
                   [progress](const std::exception_ptr&) {
                     --progress->running;
                     progress->changed.set();
                   });
  }
  while (progress->running > 0) {
    auto waiting = progress->changed.wait(Deadline::never());
    co_await std::move(waiting);
  }
  co_return Value::array(std::move(progress->rows));
}

}  // namespace gvm::manager
