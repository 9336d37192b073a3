#include "billing/worst_case.h"

#include <chrono>

#include "pricing/cost.h"

namespace gvm::billing {
namespace {

std::int64_t nano_of(const std::string& usd) {
  const auto amount = pricing::Usd::parse(usd);
  const auto nano = amount ? amount->nano_up() : std::nullopt;
  return nano ? *nano : pricing::kMaxUsdPerCall * pricing::kNanoPerUsd;
}

}  // namespace

WorstCase::WorstCase(const config::PricesConfig& config)
    : unknown_reserve_(nano_of(config.unknown_reserve)) {}

std::optional<std::int64_t> WorstCase::nano_usd(const pricing::PriceCatalog& prices,
                                                const provider::Target& target,
                                                const CallSize& size) const {
  const auto entry =
      prices.find(target.backend->config->name, target.model->config->upstream_name(),
                  std::chrono::system_clock::now());
  if (!entry) return unknown_reserve_;
  const auto worst = pricing::worst_case(**entry, {.prompt_tokens = size.prompt_tokens,
                                                   .max_tokens = size.answer_tokens,
                                                   .images = size.images});
  if (worst) return *worst;
  if (worst.error() == pricing::Unknown::absurd) return std::nullopt;
  return unknown_reserve_;
}

std::optional<store::Amounts> WorstCase::amounts(const pricing::PriceCatalog& prices,
                                                 const provider::Target& target,
                                                 const CallSize& size,
                                                 const SessionFacts& facts) const {
  const auto nano = nano_usd(prices, target, size);
  if (!nano || size.tokens() > static_cast<std::uint64_t>(store::Amounts::kMost))
    return std::nullopt;
  auto gen = facts.gen_for(pricing::Usd::from_nano(*nano));
  if (!gen) return std::nullopt;
  return store::Amounts{.nano_usd = *nano,
                        .tokens = static_cast<std::int64_t>(size.tokens()),
                        .requests = 1,
                        .gen = std::move(*gen)};
}

}  // namespace gvm::billing
