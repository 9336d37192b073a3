#include "provider/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <iterator>

#include "base/encoding.h"
#include "base/error_codes.h"
#include "base/error_detail.h"
#include "base/json.h"
#include "config/scalar.h"
#include "provider/check_picture.h"
#include "text/json_view.h"

namespace gvm::provider {
namespace {

constexpr std::string_view kQuestion = "Reply with exactly this word and nothing else: ok";
constexpr std::string_view kJsonQuestion =
    "Reply with a JSON object that has one field, \"word\", and in it the text \"ok\".";
constexpr std::string_view kPictureQuestion =
    "Which word is written in the picture? Reply with this one word and nothing else.";
// What the shipped script asks for (lua/lib-llm.lua): the numbers where the configuration of the
// model says nothing, the sentence with every JSON prompt.
constexpr double kTemperature = 0.7;
constexpr std::uint32_t kMaxTokens = 8000;
constexpr std::string_view kJsonSystem = "Answer with one valid JSON object and nothing else.";
constexpr std::size_t kShownBytes = 300;

std::string shown(std::string_view text) {
  std::string cut = to_valid_utf8(text.substr(0, kShownBytes));
  return text.size() > kShownBytes ? cut + "..." : cut;
}

std::string lower_letters(std::string_view text) {
  std::string letters;
  for (const char c : text) {
    if (std::isalnum(static_cast<unsigned char>(c))) letters += static_cast<char>(std::tolower(c));
  }
  return letters;
}

bool mentions_model(std::string_view text) {
  return lower_letters(text).find("model") != std::string::npos;
}

CheckReport report(CheckOutcome outcome, std::string sentence) {
  CheckReport made;
  made.outcome = outcome;
  made.sentence = std::move(sentence);
  return made;
}

CheckReport diagnose_status(const CallFailure& failure) {
  using routing::ErrorKind;
  const int status = failure.status;
  const std::string said = failure.said.empty() ? "" : " It says: " + shown(failure.said);
  switch (failure.kind) {
    case ErrorKind::auth:
    case ErrorKind::forbidden:
      return report(
          CheckOutcome::wrong_key,
          fmt::format("wrong key: the provider answered {} (check --key).{}", status, said));
    case ErrorKind::not_found:
      if (!mentions_model(failure.said))
        return report(CheckOutcome::wrong_url,
                      fmt::format("wrong URL: the server is there but has no such path, status {} "
                                  "(check --host and --provider).{}",
                                  status, said));
      break;
    case ErrorKind::rate_limited:
    case ErrorKind::overloaded:
    case ErrorKind::first_byte_timeout:
      return report(CheckOutcome::overloaded,
                    fmt::format("the provider is overloaded or limits your rate: status {}.{}",
                                status, said));
    case ErrorKind::redirect:
      return report(
          CheckOutcome::wrong_url,
          fmt::format("wrong URL: the server redirects elsewhere, status {} (check --host).",
                      status));
    case ErrorKind::capability_json:
      return report(CheckOutcome::other,
                    fmt::format("the model has no JSON mode: status {}.{}", status, said));
    case ErrorKind::capability_image:
      return report(CheckOutcome::other,
                    fmt::format("the model takes no images: status {}.{}", status, said));
    default:
      break;
  }
  const bool of_request =
      failure.kind == ErrorKind::bad_request || failure.kind == ErrorKind::not_found;
  if (of_request && !failure.unsupported && mentions_model(failure.said))
    return report(
        CheckOutcome::wrong_model,
        fmt::format("wrong model: the provider answered {} (check --model).{}", status, said));
  return report(CheckOutcome::other,
                fmt::format("the provider answered with status {}.{}", status, said));
}

CheckReport diagnose_transport(const CallFailure& failure) {
  const std::string detail(detail_of(failure.error).empty() ? failure.code()
                                                            : detail_of(failure.error));
  if (failure.kind == routing::ErrorKind::tls)
    return report(CheckOutcome::tls_trouble, fmt::format("TLS trouble: {}", detail));
  if (failure.kind == routing::ErrorKind::dns || failure.kind == routing::ErrorKind::connect) {
    return report(CheckOutcome::wrong_url,
                  fmt::format("wrong URL: nobody answers there: {} (check --host)", detail));
  }
  return report(CheckOutcome::other, fmt::format("the connection failed: {}", detail));
}

// The key, and credentials within the URL.
std::vector<Secret> secrets_of(const config::BackendConfig& backend) {
  std::vector<Secret> secrets{backend.key};
  const auto parsed = config::parse_endpoint(backend.host);
  if (parsed.endpoint)
    secrets.insert(secrets.end(), parsed.endpoint->secrets.begin(), parsed.endpoint->secrets.end());
  return secrets;
}

struct Question {
  std::string_view name;
  std::string_view text;
  std::string_view word;  // that the answer is to say
  Format format = Format::text;
};

ProviderCall call_for(const Question& question, const config::ModelConfig& model,
                      const std::string& picture) {
  ProviderCall call;
  call.format = question.format;
  if (question.format == Format::json) call.prompt.system_message = Blob::borrow(kJsonSystem);
  call.prompt.user_message = Blob::borrow(question.text);
  if (!model.sampling.temperature.preset) call.prompt.sampling.temperature = kTemperature;
  if (!model.max_tokens.preset) call.prompt.max_tokens = kMaxTokens;
  if (question.name == "image") call.prompt.images.push_back(Blob::borrow(picture));
  return call;
}

std::string_view words_of(const Question& question, const Value& data) {
  if (question.format == Format::text) return data.as_string().value_or("");
  return text::string_at(data, "/word").value_or("");
}

CheckReport unhelpful(const Question& question, const Value& data) {
  const std::string said = question.format == Format::text
                               ? std::string(data.as_string().value_or(""))
                               : json::write(data);
  return report(CheckOutcome::unhelpful_answer,
                fmt::format("unhelpful answer: the model is reachable, but instead of \"{}\" it "
                            "said: \"{}\"",
                            question.word, shown(said)));
}

// The settings that would have avoided a failure, or a second call.
void add_lines(CheckReport& out, const Question& question, const CallFailure* failure,
               std::uint32_t left_out) {
  for (unsigned i = 0; i <= static_cast<unsigned>(Parameter::max_completion_tokens); ++i) {
    const auto parameter = static_cast<Parameter>(i);
    if ((left_out & bit_of(parameter)) != 0) out.lines.push_back(yaml_for(parameter));
  }
  if (failure == nullptr) return;
  if (question.name == "json" && failure->kind == routing::ErrorKind::capability_json)
    out.lines.emplace_back("supports_json: false");
  if (question.name == "image" && failure->kind == routing::ErrorKind::capability_image)
    out.lines.emplace_back("supports_image: false");
}

}  // namespace

bool says_word(std::string_view answer, std::string_view word) {
  return lower_letters(answer) == lower_letters(word);
}

CheckReport diagnose(const CallFailure& failure) {
  switch (failure.stage) {
    case CallStage::status:
      return diagnose_status(failure);
    case CallStage::form:
      return report(CheckOutcome::wrong_url,
                    fmt::format("wrong URL or provider: the answer is not of the promised form "
                                "({})",
                                failure.to_string()));
    case CallStage::meaning:
      return report(CheckOutcome::unhelpful_answer,
                    fmt::format("unhelpful answer: {}", failure.to_string()));
    case CallStage::refused:
      return report(CheckOutcome::other, failure.to_string());
    default:
      break;
  }
  if (failure.timeout)
    return report(CheckOutcome::timed_out,
                  fmt::format("no answer in time: {}", failure.to_string()));
  return diagnose_transport(failure);
}

std::optional<config::BackendConfig> single_model_backend(std::string host,
                                                          std::string_view provider,
                                                          std::string model, Secret key) {
  using config::AuthStyle;
  using config::Provider;
  constexpr Provider kAll[] = {Provider::openai_compatible, Provider::ollama, Provider::anthropic,
                               Provider::google};
  const auto* known = std::ranges::find(kAll, provider, config::provider_name);
  if (known == std::end(kAll)) return std::nullopt;
  config::BackendConfig backend;
  backend.name = host;
  backend.host = std::move(host);
  while (backend.host.ends_with('/')) backend.host.pop_back();
  backend.provider_setting = *known;
  backend.key = std::move(key);
  backend.auth.style = backend.key.empty() ? AuthStyle::none : AuthStyle::bearer;
  if (*known == Provider::anthropic) backend.auth = {AuthStyle::header, "x-api-key"};
  if (*known == Provider::google) backend.auth = {AuthStyle::header, "x-goog-api-key"};
  config::ModelConfig named;
  named.name = std::move(model);
  backend.models.push_back(std::move(named));
  return backend;
}

asio::awaitable<CheckReport> check_prompt(net::HttpClient& http, config::BackendConfig backend,
                                          Prompt prompt) {
  auto config = std::make_shared<config::LlmConfig>();
  auto redactor = std::make_shared<const Redactor>(secrets_of(backend));
  const auto timeout = backend.models.front().timeouts.total;
  const std::string name = backend.name;
  const std::string model = backend.models.front().name;
  config->backends.push_back(std::move(backend));
  Counters counters;
  const Catalog catalog(std::move(config), redactor, counters);
  CheckReport out;
  auto found = catalog.find(name, model);
  if (!found) {
    out.sentence = redactor->redact(found.error().to_string());
    co_return out;
  }
  const Target target{found->backend, found->model};
  const CallContext context{&http, &catalog, &counters};
  ProviderCall call;
  call.prompt = std::move(prompt);
  const Deadline deadline = Deadline::in(timeout);
  auto answer = co_await exchange(context, target, std::move(call), deadline);
  out.url = redactor->redact(url_of(target));
  if (answer) {
    out.outcome = CheckOutcome::works;
    out.sentence = "ok";
    out.answer = redactor->redact(answer->data.as_string().value_or(""));
    out.usage = std::move(answer->usage);
    co_return out;
  }
  redactor->redact(answer.error().error);
  answer.error().said = redactor->redact(answer.error().said);
  CheckReport bad = diagnose(answer.error());
  out.outcome = bad.outcome;
  out.sentence = std::move(bad.sentence);
  co_return out;
}

asio::awaitable<CheckReport> check_model(net::HttpClient& http, config::BackendConfig backend) {
  auto config = std::make_shared<config::LlmConfig>();
  std::vector<Secret> secrets = secrets_of(backend);
  const auto timeout = backend.models.front().timeouts.total;
  const std::string name = backend.name;
  const std::string model = backend.models.front().name;
  std::vector<Question> questions = {{"text", kQuestion, "ok", Format::text}};
  if (backend.models.front().supports_json)
    questions.push_back({"json", kJsonQuestion, "ok", Format::json});
  if (backend.models.front().supports_image)
    questions.push_back({"image", kPictureQuestion, kPictureWord, Format::text});
  config->backends.push_back(std::move(backend));

  Counters counters;
  auto redactor = std::make_shared<const Redactor>(std::move(secrets));
  const Catalog catalog(std::move(config), redactor, counters);
  auto found = catalog.find(name, model);
  CheckReport out;
  if (!found) {
    out.sentence = found.error().to_string();
    co_return out;
  }
  const Target target{found->backend, found->model};
  const CallContext context{&http, &catalog, &counters};
  const std::string picture = check_picture();
  const auto& left_out = counters.at(found->model->counters).left_out;
  for (const Question& question : questions) {
    ProviderCall call = call_for(question, *found->model->config, picture);
    const Deadline deadline = Deadline::in(timeout);
    auto answer = co_await exchange(context, target, std::move(call), deadline);
    const CallFailure* failure = answer ? nullptr : &answer.error();
    const bool good = answer && says_word(words_of(question, answer->data), question.word);
    if (!good) {
      if (!answer) redactor->redact(answer.error().error);
      if (!answer) answer.error().said = redactor->redact(answer.error().said);
      CheckReport bad = answer ? unhelpful(question, answer->data) : diagnose(answer.error());
      out.outcome = bad.outcome;
      out.sentence = question.name == "text" ? std::move(bad.sentence)
                                             : fmt::format("{}: {}", question.name, bad.sentence);
    } else {
      out.tried.emplace_back(question.name);
      if (question.name == "text") out.usage = std::move(answer->usage);
    }
    const bool last = !good || &question == &questions.back();
    if (last) add_lines(out, question, failure, left_out.load(std::memory_order_relaxed));
    if (!good) break;
  }
  out.url = redactor->redact(url_of(target));
  if (out.tried.size() == questions.size()) {
    out.outcome = CheckOutcome::works;
    out.sentence = "ok";
  }
  co_return out;
}

}  // namespace gvm::provider
