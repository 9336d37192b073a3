#include "billing/session_facts.h"

#include <fmt/format.h>
#include <sys/random.h>

#include <array>

#include "base/deadline.h"
#include "base/json.h"
#include "pricing/codes.h"

namespace gvm::billing {
namespace {

constexpr std::string_view kHostData = "host_data.";

std::string text_of(const Value* value) {
  if (value == nullptr || value->is_null()) return {};
  if (const auto text = value->as_string()) return std::string(*text);
  return json::write(*value);
}

std::string random_name() {
  std::array<std::uint64_t, 2> bits{};
  if (::getrandom(bits.data(), sizeof(bits), 0) != sizeof(bits))
    bits[0] = static_cast<std::uint64_t>(Clock::now().time_since_epoch().count());
  return fmt::format("{:016x}{:016x}", bits[0], bits[1]);
}

std::optional<pricing::GenRate> rate_of(const Value& hello, const config::PricesConfig& prices) {
  const Value* gas = hello.find("gas_data");
  const std::string per_unit = gas == nullptr ? "" : text_of(gas->find("genPerTimeUnit"));
  Result<pricing::GenRate> rate = fail(codes::kBadGenRate, Fatality::fatal, "none");
  if (!prices.time_units_per_usd.empty() && !per_unit.empty())
    rate = pricing::GenRate::from_time_units(per_unit, prices.time_units_per_usd);
  else if (!prices.gen_per_usd.empty())
    rate = pricing::GenRate::parse(prices.gen_per_usd);
  if (!rate) return std::nullopt;
  return std::move(*rate);
}

}  // namespace

std::string SessionFacts::field(std::string_view name) const {
  if (name == "node_address") return node;
  if (name == "tx_id") return tx;
  if (name == "contract_address") return contract;
  if (name.starts_with(kHostData)) return text_of(host_data.find(name.substr(kHostData.size())));
  return {};
}

std::optional<Integer> SessionFacts::gen_for(const pricing::Usd& cost) const {
  if (!gen_rate) return Integer();
  auto gen = pricing::consumed_gen(cost, *gen_rate);
  return gen ? std::optional(std::move(*gen)) : std::nullopt;
}

SessionFacts facts_of(const envelope::Hello& hello, const config::PricesConfig& prices,
                      std::uint64_t seed) {
  SessionFacts facts;
  facts.session = random_name();
  facts.node = hello.node_address;
  facts.tx = hello.tx_id;
  if (const Value* data = hello.fields.find("host_data")) facts.host_data = *data;
  facts.contract = text_of(facts.host_data.find("contract_address"));
  facts.gen_rate = rate_of(hello.fields, prices);
  facts.seed = seed;
  return facts;
}

}  // namespace gvm::billing
