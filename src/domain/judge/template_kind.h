#pragma once
// The three templates of the field and what stands in their slots.
#include <optional>
#include <span>
#include <string_view>

namespace gvm::judge {

enum class Kind { comparative, leader, validator };

// By the names that requests use: EqComparative, EqNonComparativeLeader, EqNonComparativeValidator.
std::optional<Kind> kind_named(std::string_view template_name);

struct Slot {
  std::string_view name;
  bool data = false;  // written by others; else by the contract
};

// In the order in which a prompt shows them: data first, so that no data comes behind the rules.
std::span<const Slot> slots_of(Kind kind);

}  // namespace gvm::judge
