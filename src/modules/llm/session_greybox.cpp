#include "llm/session_greybox.h"

#include <fmt/format.h>

#include <cstring>

#include "base/error_codes.h"
#include "host/functions.h"

namespace gvm::llm {
namespace {

using config::PromptKind;

PromptKind kind_of_prompt(const envelope::PromptRequest& prompt) {
  if (!prompt.images.empty()) return PromptKind::image;
  return prompt.response_format == envelope::ResponseFormat::json ? PromptKind::json
                                                                  : PromptKind::text;
}

PromptKind kind_of_template(envelope::Template name) {
  switch (name) {
    case envelope::Template::eq_comparative:
      return PromptKind::eq_comparative;
    case envelope::Template::eq_non_comparative_leader:
      return PromptKind::eq_non_comparative_leader;
    case envelope::Template::eq_non_comparative_validator:
      break;
  }
  return PromptKind::eq_non_comparative_validator;
}

}  // namespace

std::uint64_t random_greybox_seed() {
  unsigned char bytes[sizeof(std::uint64_t)];
  host::system_random()(bytes);
  std::uint64_t seed = 0;
  std::memcpy(&seed, bytes, sizeof seed);
  return seed;
}

PromptKind kind_of(const envelope::LlmRequest& request) {
  if (const auto* prompt = std::get_if<envelope::PromptRequest>(&request))
    return kind_of_prompt(*prompt);
  return kind_of_template(std::get<envelope::TemplateRequest>(request).kind);
}

void GreyboxCounters::write_to(metrics::Exposition& out) const {
  auto family = out.family("genvm_llm_greybox_draws_total", metrics::Type::counter,
                           "Prompts for which something was drawn, by their kind.");
  for (const auto kind : config::kPromptKinds)
    family.sample(draws_[static_cast<std::size_t>(kind)].load(std::memory_order_relaxed),
                  {{"kind", config::name_of(kind)}});
}

SessionGreybox::SessionGreybox(std::shared_ptr<const config::LlmConfig> config,
                               GreyboxCounters& counters)
    : config_(std::move(config)), counters_(counters) {
  const auto fixed = config_->greybox.fixed_seed();
  seed_ = fixed ? *fixed : random_greybox_seed();
}

Value SessionGreybox::begin(PromptKind kind) {
  const auto& from = config_->greybox.of(kind);
  draw_ = greybox::draw(from, seed_, kind, ++prompts_);
  drawn_ = drawn_prompt(*draw_, from);
  if (from.draws_anything()) counters_.count(kind);
  return to_value(drawn_, *draw_);
}

Result<std::optional<DrawnPrompt>> SessionGreybox::read(Value left) const {
  if (!draw_) return std::optional<DrawnPrompt>();
  Value* field = left.as_map() == nullptr ? nullptr : left.as_map()->find(kGreyboxField);
  if (field == nullptr) return std::optional(drawn_);
  if (const auto* flag = field->as_bool(); flag != nullptr && !*flag)
    return std::optional<DrawnPrompt>();
  if (field->as_map() == nullptr)
    return fail(codes::kScriptBadArgument, Fatality::fatal,
                "ctx.greybox: expected a table, or false to have nothing drawn");
  auto read = read_drawn_prompt(*field->as_map(), *draw_, configured(), seed_);
  if (!read) return fail(std::move(read).error());
  return std::optional(std::move(*read));
}

std::string SessionGreybox::seed_text() const {
  return config_->greybox.fixed_seed() ? "fixed" : fmt::format("0x{:016x}", seed_);
}

}  // namespace gvm::llm
