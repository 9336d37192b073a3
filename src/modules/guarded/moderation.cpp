#include "guarded/moderation.h"

#include <algorithm>
#include <optional>

#include "base/json.h"
#include "guard/codes.h"
#include "text/json.h"

namespace gvm::guarded {
namespace {

std::unexpected<Error> no_verdict(std::string why) {
  return fail(codes::kGuardUnavailable, Fatality::user, std::move(why));
}

std::optional<double> number_in(const Value& value) {
  if (const auto* real = value.as_real()) return *real;
  const auto* integer = value.as_integer();
  return integer == nullptr ? std::nullopt : std::optional(integer->to_double());
}

Result<bool> any_category_flagged(const Value::Map& categories) {
  bool any = false;
  for (const auto& [name, value] : categories) {
    const auto* flag = value.as_bool();
    if (flag == nullptr && !value.is_null())
      return no_verdict("a category is neither true nor false");
    any = any || (flag != nullptr && *flag);
  }
  return any;
}

Result<bool> category_counts(const config::ModeratorConfig& moderator, const Value& result,
                             std::string_view category) {
  const bool by_score = moderator.score > 0;
  const auto* field = result.as_map()->find(by_score ? "category_scores" : "categories");
  const auto* values = field == nullptr ? nullptr : field->as_map();
  const auto* value = values == nullptr ? nullptr : values->find(category);
  if (value == nullptr)
    return no_verdict("its answer says nothing of the category \"" + std::string(category) + "\"");
  if (by_score) {
    const auto score = number_in(*value);
    if (!score || *score < 0 || *score > 1) return no_verdict("a score is not between 0 and 1");
    return *score >= moderator.score;
  }
  const auto* flag = value->as_bool();
  if (flag == nullptr) return no_verdict("a category is neither true nor false");
  return *flag;
}

Result<bool> is_flagged(const config::ModeratorConfig& moderator, const Value& result) {
  const auto* map = result.as_map();
  const auto* whole = map == nullptr ? nullptr : map->find("flagged");
  const auto* flag = whole == nullptr ? nullptr : whole->as_bool();
  if (flag == nullptr) return no_verdict("a result has no `flagged` that is true or false");
  bool flagged = false;
  for (const auto& category : moderator.categories) {
    const auto counts = category_counts(moderator, result, category);
    if (!counts) return fail(counts.error());
    flagged = flagged || *counts;
  }
  if (!moderator.categories.empty()) return flagged;
  const auto* categories = map->find("categories");
  if (categories == nullptr || categories->as_map() == nullptr) return *flag;
  const auto any = any_category_flagged(*categories->as_map());
  if (!any) return fail(any.error());
  return *flag || *any;
}

}  // namespace

std::string moderation_question(const config::ModeratorConfig& moderator, std::string_view text) {
  Value::Map question;
  question.set("input", Value::string(std::string(text)));
  if (!moderator.model.empty()) question.set("model", Value::string(moderator.model));
  return json::write(Value::map(std::move(question)));
}

Result<bool> read_moderation(const config::ModeratorConfig& moderator, std::string_view body) {
  const auto answer = text::parse_json(body);
  if (!answer) return no_verdict("its answer is no JSON");
  const auto* map = answer->as_map();
  const auto* results = map == nullptr ? nullptr : map->find("results");
  const auto* list = results == nullptr ? nullptr : results->as_array();
  if (list == nullptr || list->empty()) return no_verdict("its answer has no results");
  bool flagged = false;
  for (const auto& result : *list) {
    const auto one = is_flagged(moderator, result);
    if (!one) return fail(one.error());
    flagged = flagged || *one;
  }
  return flagged;
}

}  // namespace gvm::guarded
