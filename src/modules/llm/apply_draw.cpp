#include "llm/apply_draw.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/error_codes.h"
#include "greybox/phrase.h"
#include "guarded/in_turn.h"
#include "llm/codes.h"
#include "llm/draw_record.h"
#include "text/filter.h"

namespace gvm::llm {
namespace {

using dispatch::ResolvedPrompt;
using routing::CandidateId;

std::unexpected<Error> bad(std::string message) {
  return fail(codes::kScriptBadArgument, Fatality::fatal, "ctx.greybox" + std::move(message));
}

constexpr std::size_t kOutside = SIZE_MAX;

// By candidate: its model's place in the drawn order.
Result<std::vector<std::size_t>> places_of(const DrawnPrompt& drawn,
                                           const dispatch::Candidates& candidates) {
  std::vector<std::size_t> places(candidates.set()->size(), kOutside);
  for (std::size_t place = 0; place < drawn.models.size(); ++place) {
    const auto& [provider, model] = drawn.models[place];
    const auto found = candidates.named(provider, model);
    if (found.empty())
      return bad(fmt::format(".models: there is no usable model {}/{}", provider, model));
    for (const auto id : found) places[id] = std::min(places[id], place);
  }
  return places;
}

// The models become tiers: routing's own strategy chooses among the endpoints and keys of each.
Result<void> put_in_order(const DrawnPrompt& drawn, const LlmServices& services,
                          ResolvedPrompt& prompt) {
  if (prompt.only || !drawn.pooled) return {};
  const auto& candidates = services.run_context().engine->router->candidates();
  auto places = places_of(drawn, candidates);
  if (!places) return fail(std::move(places).error());
  const bool only_pools = services.greybox()->only_pools();
  for (CandidateId id = 0; id < places->size(); ++id) {
    const auto place = (*places)[id];
    const auto behind = drawn.models.size() + candidates.set()->facts(id).tier;
    const auto tier = place == kOutside ? behind : place;
    prompt.tiers.push_back(
        static_cast<std::uint8_t>(std::min<std::size_t>(tier, routing::kMaxTier)));
    if (place == kOutside && only_pools) prompt.excluded.push_back(id);
  }
  return {};
}

// What the script gives comes first.
void take_parameters(const DrawnPrompt& drawn, provider::Sampling& sampling) {
  if (!sampling.temperature) sampling.temperature = drawn.temperature;
  if (!sampling.top_p) sampling.top_p = drawn.top_p;
  if (!sampling.seed) sampling.seed = drawn.seed;
}

Result<std::vector<text::FilterStep>> steps_of(const std::vector<std::string>& names) {
  std::vector<text::FilterStep> steps;
  for (const auto& name : names) {
    const auto step = text::text_filter_named(name);
    if (!step)
      return bad(
          fmt::format(".filters: there is no filter {}", std::string_view(name).substr(0, 64)));
    steps.push_back(*step);
  }
  return steps;
}

asio::awaitable<Result<void>> filter_text(std::vector<std::string> names,
                                          provider::Prompt& prompt) {
  if (names.empty()) co_return Result<void>();
  auto steps = steps_of(names);
  if (!steps) co_return fail(std::move(steps).error());
  const auto bytes = prompt.user_message.view().size();
  std::function<Result<Value>()> work = [text = std::string(prompt.user_message.view()),
                                         steps = std::move(*steps)]() -> Result<Value> {
    auto filtered = text::filter_text(text, steps);
    if (!filtered) return fail(std::move(filtered).error());
    return Value::string(std::move(*filtered));
  };
  auto filtered = co_await guarded::in_turn(bytes, std::move(work));
  if (!filtered) co_return fail(std::move(filtered).error());
  prompt.user_message = std::move(*filtered->as_blob());
  if (prompt.user_message.view().empty())
    co_return fail(codes::kEmptyPrompt, Fatality::user, "the filters leave nothing of the prompt");
  co_return Result<void>();
}

// Image by image: their noise differs.
asio::awaitable<Result<void>> filter_images(script::Session& session, Value filters,
                                            std::uint64_t noise, provider::Prompt& prompt) {
  if (filters.as_array()->empty()) co_return Result<void>();
  const auto& filter = static_cast<LlmServices&>(session.services()).filter_image();
  for (auto& image : prompt.images) {
    script::HostFunction::Args args;
    args.push_back(Value::bytes(Blob::borrow(image.view())));
    args.push_back(filters);
    Value seed = Value::integer(static_cast<std::int64_t>(noise++));
    args.push_back(Value::fields("seed", std::move(seed)));
    auto call = filter(session, std::move(args));
    auto filtered = co_await std::move(call);
    if (!filtered) co_return fail(std::move(filtered).error());
    Value picture = std::move(*filtered).to_owned();
    image = std::move(*picture.as_blob());
  }
  co_return Result<void>();
}

// Whether the phrasing has delimiters.
bool put_phrasing(const SessionGreybox& greybox, DrawnPrompt& drawn, provider::Prompt& prompt) {
  if (!drawn.phrasing) return false;
  const auto& phrasing = greybox.configured().phrasings[*drawn.phrasing];
  if (phrasing.delimited && greybox::occurs_in(drawn.delimiters, prompt.user_message.view()))
    drawn.delimiters = greybox.draw().reserve;
  std::optional<std::string_view> system;
  if (prompt.system_message) system = prompt.system_message->view();
  auto phrased = greybox::phrase(phrasing, drawn.sections, drawn.delimiters, system,
                                 prompt.user_message.view());
  if (phrased.system) prompt.system_message = Blob(std::move(*phrased.system));
  prompt.user_message = Blob(std::move(phrased.user));
  return phrasing.delimited;
}

}  // namespace

Result<void> order_models(const LlmServices& services, Value left, ResolvedPrompt& prompt) {
  if (services.greybox() == nullptr) return {};
  auto read = services.greybox()->read(std::move(left));
  if (!read) return fail(std::move(read).error());
  if (!*read) return {};
  return put_in_order(**read, services, prompt);
}

asio::awaitable<Result<void>> apply_draw(script::Session& session, Value left,
                                         ResolvedPrompt& prompt) {
  const auto& services = static_cast<const LlmServices&>(session.services());
  const auto greybox = services.greybox();
  if (greybox == nullptr) co_return Result<void>();
  auto read = greybox->read(std::move(left));
  if (!read) co_return fail(std::move(read).error());
  if (!*read) co_return Result<void>();
  DrawnPrompt drawn = std::move(**read);
  auto ordered = put_in_order(drawn, services, prompt);
  if (!ordered) co_return ordered;
  take_parameters(drawn, prompt.prompt.sampling);
  auto names = drawn.filters;
  auto filtered = co_await filter_text(std::move(names), prompt.prompt);
  if (!filtered) co_return filtered;
  auto recipe = drawn.image_filters;
  const auto noise = greybox->draw().noise;
  auto pictures = co_await filter_images(session, std::move(recipe), noise, prompt.prompt);
  if (!pictures) co_return pictures;
  auto changed = differences(greybox->drawn(), drawn);
  const bool delimited = put_phrasing(*greybox, drawn, prompt.prompt);
  const UsedDraw used{drawn, prompt.prompt, !prompt.only.has_value(), delimited,
                      std::move(changed)};
  prompt.greybox = draw_record(*greybox, used);
  co_return Result<void>();
}

}  // namespace gvm::llm
