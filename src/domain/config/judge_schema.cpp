// The configuration keys of `judge`.
#include "config/judge_schema.h"

#include "config/choice.h"

namespace gvm::config {

namespace {

constexpr double kMostOpinions = 3;

void check_judge(const Node& node, const std::string& path, Context& context, JudgeConfig& c) {
  for (const auto& each : c.harden)
    check_choice(node, path, "harden", context, each,
                 {"fences", "marks", "sandwich", "unseen", "phrasings"});
  check_choice(node, path, "disagree", context, c.disagree, {"refuse", "false"});
  check_choice(node, path, "when_missing", context, c.when_missing, {"disagree", "first"});
}

}  // namespace

const Section& judge_section() {
  using C = JudgeConfig;
  constexpr Origin kOurs = Origin::ours;
  static const Section section =
      SectionBuilder<C>("judge",
                        "How the templates ask, and how many opinions make a verdict "
                        "(docs/judges.md).")
          .leaf(&C::harden,
                {.name = "harden",
                 .doc = "What is done to prompts of the built-in templates: fences, marks, "
                        "sandwich, unseen, phrasings; []: they are sent as `prompt_templates` has "
                        "them",
                 .origin = kOurs,
                 .format = Format::one_or_more})
          .leaf(&C::harden_own,
                {.name = "harden_own",
                 .doc = "The same for templates whose text in this file is not the shipped one",
                 .origin = kOurs})
          .leaf(&C::swap, {.name = "swap",
                           .doc = "EqComparative is asked a second time with the two answers in "
                                  "changed places",
                           .origin = kOurs})
          .leaf(&C::models,
                {.name = "models",
                 .doc = "So many opinions, each of another model as long as there is one",
                 .origin = kOurs,
                 .range = {1, kMostOpinions}})
          .leaf(&C::disagree, {.name = "disagree",
                               .doc = "What the contract gets when opinions have no majority: "
                                      "`false`, or `refuse`: the error JUDGES_DISAGREE",
                               .origin = kOurs})
          .leaf(&C::when_missing,
                {.name = "when_missing",
                 .doc = "When a further opinion cannot be had: `disagree`, or `first`: the "
                        "opinions that there are decide",
                 .origin = kOurs})
          .check(check_judge)
          .build();
  return section;
}

}  // namespace gvm::config
