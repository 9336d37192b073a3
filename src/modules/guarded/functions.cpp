#include "guarded/functions.h"

#include <string>
#include <utility>

#include "guarded/in_turn.h"
#include "host/arguments.h"

namespace gvm::guarded {

namespace asio = boost::asio;

namespace {

Result<guard::Stage> stage_in(std::string_view function, const script::HostFunction::Args& args,
                              guard::Stage usual) {
  if (args.size() < 2 || args[1].is_null()) return usual;
  const auto name = args[1].as_string();
  const auto stage = name ? guard::stage_named(*name) : std::nullopt;
  if (stage) return *stage;
  return fail(host::bad_argument(function, "argument 2 (stage)",
                                 "\"input\", \"output\" or \"page\"",
                                 name ? name->substr(0, 64) : "another type"));
}

Value nothing_found(std::string_view text) {
  guard::Verdict nothing;
  nothing.text = std::string(text);
  return to_value(nothing);
}

asio::awaitable<Result<Value>> guard_text(std::shared_ptr<SessionGuards> guards,
                                          std::string function, guard::Stage usual,
                                          script::HostFunction::Args args) {
  const auto text = host::Arguments(function, args).bytes(0, "text");
  if (!text) co_return fail(text.error());
  const auto stage = stage_in(function, args, usual);
  if (!stage) co_return fail(stage.error());
  if (guards == nullptr) co_return nothing_found(*text);
  const auto bytes = text->size();
  Look look = [guards = std::move(guards), stage = *stage,
               own = std::string(*text)](guard::Effort* effort) -> Result<Value> {
    const auto verdict = guards->look(stage, own, {.effort = effort});
    if (!verdict) return fail(verdict.error());
    return to_value(*verdict);
  };
  auto verdict = co_await in_turn(bytes, std::move(look));
  co_return verdict;
}

}  // namespace

void add_guard_function(script::HostTable& table, std::string_view library, guard::Stage stage,
                        GuardsOf guards_of) {
  table.functions.push_back(
      {library, "guard",
       "fun(text: string, stage?: \"input\"|\"output\"|\"page\"): {action: string, text: string, "
       "refusal: boolean, rules: table[]}",
       "What the configured guards do with a text: the strictest action, the text to go on with "
       "(empty when blocked), and each rule that fired with its place in bytes. Without rules "
       "everything is allowed. Raises (not fatal) GUARD_BAD_TEXT, GUARD_MASK_FAILED, TOO_LARGE.",
       script::HostFunction::Async([library, stage, guards_of = std::move(guards_of)](
                                       script::Session& session, script::HostFunction::Args args) {
         return guard_text(guards_of(session), std::string(library) + ".guard", stage,
                           std::move(args));
       })});
}

}  // namespace gvm::guarded
