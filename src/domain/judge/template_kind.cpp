#include "judge/template_kind.h"

namespace gvm::judge {
namespace {

constexpr Slot kComparative[] = {
    {"leader_answer", true}, {"validator_answer", true}, {"principle"}};
constexpr Slot kLeader[] = {{"input", true}, {"task"}, {"criteria"}};
constexpr Slot kValidator[] = {{"input", true}, {"output", true}, {"task"}, {"criteria"}};

}  // namespace

std::optional<Kind> kind_named(std::string_view template_name) {
  if (template_name == "EqComparative") return Kind::comparative;
  if (template_name == "EqNonComparativeLeader") return Kind::leader;
  if (template_name == "EqNonComparativeValidator") return Kind::validator;
  return std::nullopt;
}

std::span<const Slot> slots_of(Kind kind) {
  if (kind == Kind::comparative) return kComparative;
  if (kind == Kind::leader) return kLeader;
  return kValidator;
}

}  // namespace gvm::judge
