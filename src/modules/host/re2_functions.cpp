#include "host/re2_functions.h"

#include <re2/stringpiece.h>

#include <chrono>
#include <lua.hpp>
#include <map>
#include <memory>
#include <vector>

#include "base/deadline.h"
#include "base/error_codes.h"
#include "host/arguments.h"
#include "host/functions.h"
#include "host/limits.h"
#include "host/long_call.h"
#include "host/re2_query.h"
#include "host/re2_session.h"
#include "script/convert.h"
#include "script/error.h"

namespace gvm::host {

namespace {

using re2::RE2;
using re2::StringPiece;
using Query = Re2Query;

using Groups = std::vector<StringPiece>;

// Passes the matches from left to right; an empty one is not looked for where the last one ended.
class Search {
 public:
  explicit Search(const Query& query)
      : query_(query),
        groups_(static_cast<std::size_t>(query.pattern->NumberOfCapturingGroups()) + 1),
        at_(query.init) {}

  // Whether there is another.
  Result<bool> next() {
    const PatternLimits limits;
    if (count_ == query_.limit || at_ > query_.text.size()) return false;
    if (count_ == limits.matches) return fail(too_much("matches", limits.matches));
    constexpr std::size_t kLookAtClock = 16;
    if (count_ % kLookAtClock == kLookAtClock - 1 && Clock::now() - start_ > limits.search_time) {
      return fail(too_much("milliseconds", static_cast<std::size_t>(limits.search_time.count())));
    }
    const StringPiece text(query_.text.data(), query_.text.size());
    if (!query_.pattern->Match(text, at_, query_.text.size(), query_.anchor, groups_.data(),
                               static_cast<int>(groups_.size()))) {
      return false;
    }
    ++count_;
    at_ = end() > begin() ? end() : end() + character_bytes(end());
    return true;
  }

  const Groups& groups() const { return groups_; }
  std::size_t begin() const { return offset(groups_[0].data()); }
  std::size_t end() const { return begin() + groups_[0].size(); }
  std::size_t offset(const char* at) const {
    return static_cast<std::size_t>(at - query_.text.data());
  }

 private:
  static Error too_much(const char* what, std::size_t most) {
    return Error(codes::kTooLarge, Fatality::user,
                 "re2: more than " + std::to_string(most) + " " + what);
  }

  // To the next character: a match must not start inside of one.
  std::size_t character_bytes(std::size_t at) const {
    std::size_t bytes = 1;
    if (query_.pattern->options().encoding() == RE2::Options::EncodingLatin1) return bytes;
    while (at + bytes < query_.text.size() && (query_.text[at + bytes] & 0xC0) == 0x80 &&
           bytes < 4) {
      ++bytes;
    }
    return bytes;
  }

  const Query& query_;
  Groups groups_;
  std::size_t at_;
  std::size_t count_ = 0;
  Clock::time_point start_ = Clock::now();
};

Value text_value(StringPiece piece) {
  return Value::string(std::string(piece.data(), piece.size()));
}

// {start=, stop=, text=, groups={...}, named={...}}; false for a group that took no part.
Value match_value(const Query& query, const Search& search) {
  const Groups& found = search.groups();
  Value::Array groups;
  for (std::size_t i = 1; i < found.size(); ++i) {
    groups.push_back(found[i].data() == nullptr ? Value::boolean(false) : text_value(found[i]));
  }
  Value::Map named;
  for (const auto& [name, index] : query.pattern->NamedCapturingGroups()) {
    const StringPiece& piece = found[static_cast<std::size_t>(index)];
    if (piece.data() != nullptr) named.set(name, text_value(piece));
  }
  return Value::fields("start", Value::integer(Integer(search.begin() + 1)), "stop",
                       Value::integer(Integer(search.end())), "text", text_value(found[0]),
                       "groups", Value::array(std::move(groups)), "named",
                       Value::map(std::move(named)));
}

Result<void> within_result(std::size_t bytes) {
  const PatternLimits limits;
  if (bytes <= limits.result_bytes) return {};
  return fail(codes::kTooLarge, Fatality::user,
              "re2: a result of more than " + std::to_string(limits.result_bytes) + " bytes");
}

Result<Value> match(const Query& query) {
  if (query.init > query.text.size()) return Value::boolean(false);
  const StringPiece text(query.text.data(), query.text.size());
  return Value::boolean(
      query.pattern->Match(text, query.init, text.size(), query.anchor, nullptr, 0));
}

Result<Value> find(const Query& query) {
  Search search(query);
  const auto found = search.next();
  if (!found) return fail(found.error());
  return *found ? match_value(query, search) : Value::null();
}

Result<Value> find_all(const Query& query) {
  Search search(query);
  Value::Array out;
  std::size_t bytes = 0;
  while (true) {
    const auto found = search.next();
    if (!found) return fail(found.error());
    if (!*found) return Value::array(std::move(out));
    for (const StringPiece& piece : search.groups()) bytes += piece.size();
    if (auto fits = within_result(bytes); !fits) return fail(std::move(fits.error()));
    out.push_back(match_value(query, search));
  }
}

// A replacement in pieces: text, or a group.
struct Piece {
  std::string text;
  std::size_t group = static_cast<std::size_t>(-1);
};

// $0 to $9, ${name} and $$.
Result<std::vector<Piece>> replacement_of(std::string_view text, const RE2& pattern,
                                          std::string_view function) {
  const auto wrong = [&](std::size_t at) {
    return fail(bad_argument(function, "argument 3 (replacement)",
                             "$0 to $9, ${name} or $$ with a group the pattern has",
                             "something else at byte " + std::to_string(at + 1)));
  };
  std::vector<Piece> out(1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '$') {
      out.back().text += text[i];
      continue;
    }
    const std::size_t at = i++;
    if (i == text.size()) return wrong(at);
    if (text[i] == '$') {
      out.back().text += '$';
      continue;
    }
    std::size_t group = static_cast<std::size_t>(-1);
    if (text[i] >= '0' && text[i] <= '9') {
      group = static_cast<std::size_t>(text[i] - '0');
    } else if (const std::size_t end = text.find('}', i);
               text[i] == '{' && end != std::string_view::npos) {
      const auto& names = pattern.NamedCapturingGroups();
      const auto named = names.find(std::string(text.substr(i + 1, end - i - 1)));
      if (named != names.end()) group = static_cast<std::size_t>(named->second);
      i = end;
    }
    if (group > static_cast<std::size_t>(pattern.NumberOfCapturingGroups())) return wrong(at);
    out.push_back({{}, group});
    out.emplace_back();
  }
  return out;
}

void append(std::string& out, const std::vector<Piece>& pieces, const Groups& groups) {
  for (const Piece& piece : pieces) {
    out += piece.text;
    if (piece.group < groups.size())
      out.append(groups[piece.group].data(), groups[piece.group].size());
  }
}

Result<Value> replace(const Query& query) {
  const auto pieces = replacement_of(query.replacement, *query.pattern, query.function);
  if (!pieces) return fail(pieces.error());
  Search search(query);
  std::string out;
  std::size_t copied = 0;
  while (true) {
    const auto found = search.next();
    if (!found) return fail(found.error());
    if (!*found) break;
    out += query.text.substr(copied, search.begin() - copied);
    append(out, *pieces, search.groups());
    copied = search.end();
    if (auto fits = within_result(out.size()); !fits) return fail(std::move(fits.error()));
  }
  out += query.text.substr(copied);
  return Value::string(std::move(out));
}

Result<Value> split(const Query& query) {
  Search search(query);
  Value::Array out;
  std::size_t copied = 0;
  const auto add = [&](std::size_t end) {
    out.push_back(Value::string(std::string(query.text.substr(copied, end - copied))));
  };
  while (true) {
    const auto found = search.next();
    if (!found) return fail(found.error());
    if (!*found) break;
    // An empty match parts nothing at the ends.
    const bool empty = search.begin() == search.end();
    if (empty && (search.begin() == 0 || search.begin() == query.text.size())) continue;
    add(search.begin());
    copied = search.end();
  }
  add(query.text.size());
  return Value::array(std::move(out));
}

enum class Matches : std::uint8_t { one, all };

struct Function {
  std::string_view name;
  std::size_t options_index;
  Matches matches;
  Result<Value> (*run)(const Query&);
};

// A search by what it takes: the pattern is compiled before.
class Searching : public LongWork {
 public:
  Searching(Args args, Query query, const Function& function)
      : args_(std::move(args)), query_(std::move(query)), function_(function) {}

  std::optional<Result<Value>> attempt(Patience patience) override {
    const PatternLimits limits;
    const unsigned times = patience == Patience::much ? limits.times_unwaited : 1;
    const bool exceeds = query_.steps() > times * limits.steps_on_lane ||
                         (function_.matches == Matches::all &&
                          query_.text.size() > times * limits.text_bytes_on_lane);
    if (exceeds) return std::nullopt;
    return function_.run(query_);
  }
  std::function<Result<Value>()> elsewhere() const override {
    struct Copy {
      std::string text;
      std::string replacement;
      Query query;
    };
    auto copy = std::make_shared<Copy>(
        Copy{std::string(query_.text), std::string(query_.replacement), query_});
    copy->query.text = copy->text;
    copy->query.replacement = copy->replacement;
    return [copy, run = function_.run] { return run(copy->query); };
  }
  std::size_t copied_bytes() const override {
    return query_.text.size() + query_.replacement.size();
  }

 private:
  Args args_;  // hold the texts
  Query query_;
  const Function& function_;
};

Args read_arguments(lua_State* L, std::string_view function) {
  Args args;
  script::ReadBudget budget = script::ReadBudget::of(L);
  for (int i = 1; i <= lua_gettop(L); ++i) {
    auto value = script::to_value(L, i, budget);
    if (!value) {
      script::raise(L, std::move(value.error())
                           .add_cause(std::string(function) + ": argument " + std::to_string(i)));
    }
    args.push_back(std::move(*value));
  }
  return args;
}

// Touches no Lua: exceptions of C++ libraries must not reach its frames.
Result<Query> query_of(const Function& function, Args& args) {
  try {
    Arguments arguments(function.name, args);
    auto query = re2_query(arguments, function.options_index);
    if (!query || function.run != replace) return query;
    const auto replacement = arguments.bytes(2, "replacement");
    if (!replacement) return fail(replacement.error());
    query->replacement = *replacement;
    return query;
  } catch (const std::exception& exception) {
    return fail(codes::kInternal, Fatality::fatal,
                std::string(function.name) + ": " + exception.what());
  }
}

[[gnu::noinline]] void begin(lua_State* L, const Function& function) {
  Args args = read_arguments(L, function.name);
  auto query = query_of(function, args);
  if (!query) script::raise(L, std::move(query.error()));
  hold_program(L, query->pattern);
  begin_long_call(L, function.name,
                  std::make_unique<Searching>(std::move(args), std::move(*query), function));
}

constexpr Function kMatch{"lib.rs.re2_match", 2, Matches::one, match};
constexpr Function kFind{"lib.rs.re2_find", 2, Matches::one, find};
constexpr Function kFindAll{"lib.rs.re2_find_all", 2, Matches::all, find_all};
constexpr Function kReplace{"lib.rs.re2_replace", 3, Matches::all, replace};
constexpr Function kSplit{"lib.rs.re2_split", 2, Matches::all, split};

template <const Function& function>
int call(lua_State* L) {
  begin(L, function);
  return run_long_call(L);
}

}  // namespace

void add_re2_functions(script::HostTable& table) {
  table.functions.push_back(
      {kCommonLibrary, "re2_match",
       "fun(pattern: string, text: string, options: {ignore_case: boolean|nil, dot_all: "
       "boolean|nil, "
       "multi_line: boolean|nil, literal: boolean|nil, bytes: boolean|nil, anchor: "
       "\"start\"|\"both\"|nil, init: integer|nil}|nil): boolean",
       "Whether an RE2 pattern matches somewhere in the text, or with `anchor` at its start or all "
       "of it. Linear in the text. Characters are UTF-8, or bytes with `bytes`; invalid UTF-8 "
       "matches nothing. Errors: BAD_PATTERN with `ctx.position`, TOO_LARGE.",
       call<kMatch>});
  table.functions.push_back(
      {kCommonLibrary, "re2_find",
       "fun(pattern: string, text: string, options: table|nil): {start: integer, stop: integer, "
       "text: string, groups: (string|false)[], named: table<string, string>}|nil",
       "The first match from byte `init` on, or nil; options as in re2_match. Positions are those "
       "of "
       "string.sub; a group that took no part is false.",
       call<kFind>});
  table.functions.push_back(
      {kCommonLibrary, "re2_find_all",
       "fun(pattern: string, text: string, options: table|nil): {start: integer, stop: integer, "
       "text: string, groups: (string|false)[], named: table<string, string>}[]",
       "All matches from left to right, at most `limit`; more than 100000 are TOO_LARGE.",
       call<kFindAll>});
  table.functions.push_back(
      {kCommonLibrary, "re2_replace",
       "fun(pattern: string, text: string, replacement: string, options: table|nil): string",
       "Every match, at most `limit`, replaced: `$0` to `$9` and `${name}` are its groups, `$$` is "
       "a "
       "dollar.",
       call<kReplace>});
  table.functions.push_back({kCommonLibrary, "re2_split",
                             "fun(pattern: string, text: string, options: table|nil): string[]",
                             "The pieces between matches, at most `limit` of which part it.",
                             call<kSplit>});
}

}  // namespace gvm::host
