#pragma once
// The facts about a session that routing and billing need: the caller's identity, its gen rate, and
// the seed of its random choices.
#include <cstdint>
#include <optional>
#include <string>

#include "config/llm_config.h"
#include "envelope/hello.h"
#include "pricing/gen.h"

namespace gvm::billing {

struct SessionFacts {
  std::string session;  // unique among all sessions ever: its accounts in the ledger
  std::string node;
  std::string tx;
  std::string contract;  // host_data.contract_address
  Value host_data = Value::map();
  std::optional<pricing::GenRate> gen_rate;  // empty: answers consume nothing
  std::uint64_t seed = 0;
  std::uint64_t prompts = 0;  // so far

  // "" for a field that this session does not have. Names: node_address, tx_id, contract_address,
  // host_data.NAME.
  std::string field(std::string_view name) const;
  // What the host is charged for it; empty: beyond 256 bits.
  std::optional<Integer> gen_for(const pricing::Usd& cost) const;
};

// A rate that is not a number counts as absent: prompts are answered and consume no gen.
SessionFacts facts_of(const envelope::Hello& hello, const config::PricesConfig& prices,
                      std::uint64_t seed);

}  // namespace gvm::billing
