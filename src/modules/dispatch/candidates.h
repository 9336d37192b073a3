#pragma once
// What a prompt can be sent to: every model of every backend at each of its endpoints with each of
// its keys, as routing knows them and as they are called. Immutable; shared by all lanes.
#include <memory>
#include <string>
#include <vector>

#include "provider/exchange.h"
#include "routing/candidate.h"

namespace gvm::dispatch {

class Candidates {
 public:
  // In the order of the file, which strategy `priority` goes by. INVALID_CONFIG: too many.
  static Result<Candidates> of(const provider::Catalog& catalog);

  const std::shared_ptr<const routing::CandidateSet>& set() const { return set_; }
  const provider::Target& target(routing::CandidateId id) const { return targets_[id]; }
  // Whether a data rule speaks against some of them for prompts with personal data: otherwise
  // nobody needs to look for it.
  bool look_for_personal_data() const;
  bool have_data_rules() const;
  // By candidate, what it does not fit of a demand; empty when nothing is demanded.
  std::vector<routing::DataRule> unfit_for(const config::DataDemand& demand) const;
  // "key 1", "key 2", ...: what ledgers and records know of a key.
  std::string key_name(routing::CandidateId id) const;
  // All of one backend, or of one of its models by name or alias.
  std::vector<routing::CandidateId> named(std::string_view backend, std::string_view model) const;

 private:
  std::shared_ptr<const routing::CandidateSet> set_;
  std::vector<provider::Target> targets_;
};

}  // namespace gvm::dispatch
