#include "host/re2_functions.h"

#include <re2/stringpiece.h>

#include <chrono>
#include <map>
#include <vector>

#include "base/deadline.h"
#include "base/error_codes.h"
#include "host/arguments.h"
#include "host/functions.h"
#include "host/re2_pattern.h"

namespace gvm::host {

namespace {

using re2::RE2;
using re2::StringPiece;

struct Query {
  std::shared_ptr<const RE2> pattern;
  std::string_view text;
  std::size_t init = 0;  // byte offset
  std::size_t limit = static_cast<std::size_t>(-1);
  RE2::Anchor anchor = RE2::UNANCHORED;

  std::uint64_t steps() const {
    return text.size() * static_cast<std::uint64_t>(std::max(1, pattern->ProgramSize()));
  }
};

Result<bool> flag(const Value* options, std::string_view function, std::string_view name) {
  const Value* value = options == nullptr ? nullptr : options->find(name);
  if (value == nullptr || value->is_null()) return false;
  if (const bool* set = value->as_bool()) return *set;
  return fail(bad_argument(function, "options." + std::string(name), "boolean", lua_kind(*value)));
}

Result<std::size_t> number(const Value* options, std::string_view function, std::string_view name,
                           std::size_t absent) {
  const Value* value = options == nullptr ? nullptr : options->find(name);
  if (value == nullptr || value->is_null()) return absent;
  const auto integer =
      value->as_integer() == nullptr ? std::nullopt : value->as_integer()->to_i64();
  if (integer && *integer >= 1) return static_cast<std::size_t>(*integer);
  return fail(bad_argument(function, "options." + std::string(name), "integer from 1 on",
                           lua_kind(*value)));
}

Result<PatternOptions> flags_of(const Value* options, std::string_view function) {
  PatternOptions out;
  struct Row {
    std::string_view name;
    bool PatternOptions::* field;
  };
  constexpr Row kRows[] = {{"ignore_case", &PatternOptions::ignore_case},
                           {"dot_all", &PatternOptions::dot_all},
                           {"multi_line", &PatternOptions::multi_line},
                           {"literal", &PatternOptions::literal},
                           {"bytes", &PatternOptions::bytes}};
  for (const Row& row : kRows) {
    auto set = flag(options, function, row.name);
    if (!set) return fail(std::move(set.error()));
    out.*row.field = *set;
  }
  return out;
}

Result<RE2::Anchor> anchor_of(const Value* options, std::string_view function) {
  const Value* value = options == nullptr ? nullptr : options->find("anchor");
  if (value == nullptr || value->is_null()) return RE2::UNANCHORED;
  const auto name = value->as_string();
  if (name == "start") return RE2::ANCHOR_START;
  if (name == "both") return RE2::ANCHOR_BOTH;
  return fail(bad_argument(function, "options.anchor", "\"start\" or \"both\"",
                           name ? *name : lua_kind(*value)));
}

const Value* options_at(Arguments& arguments, std::size_t index) {
  const Value& value = arguments.any(index);
  return value.as_map() == nullptr ? nullptr : &value;
}

// pattern, text and, at `options_index`, options.
Result<Query> query_of(Arguments& arguments, std::size_t options_index) {
  const PatternLimits limits;
  const auto pattern = arguments.bytes(0, "pattern");
  if (!pattern) return fail(pattern.error());
  const auto text = arguments.bytes(1, "text");
  if (!text) return fail(text.error());
  const Value& given = arguments.any(options_index);
  const bool empty_list = given.as_array() != nullptr && given.as_array()->empty();
  if (!given.is_null() && given.as_map() == nullptr && !empty_list) {
    return fail(arguments.wrong(options_index, "options", "table"));
  }
  const Value* options = options_at(arguments, options_index);
  const auto flags = flags_of(options, arguments.function());
  if (!flags) return fail(flags.error());
  const auto init = number(options, arguments.function(), "init", 1);
  if (!init) return fail(init.error());
  const auto limit = number(options, arguments.function(), "limit", limits.matches + 1);
  if (!limit) return fail(limit.error());
  const auto anchor = anchor_of(options, arguments.function());
  if (!anchor) return fail(anchor.error());
  auto compiled = pattern_of(*pattern, *flags, limits);
  if (!compiled) return fail(std::move(compiled.error()));
  Query query{std::move(*compiled), *text, *init - 1, *limit, *anchor};
  if (text->size() <= limits.text_bytes && query.steps() <= limits.steps) return query;
  return fail(codes::kTooLarge, Fatality::user,
              std::string(arguments.function()) + ": a text of " + std::to_string(text->size()) +
                  " bytes and a pattern of " + std::to_string(query.pattern->ProgramSize()) +
                  " instructions");
}

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

Result<Value> match(Args& args) {
  Arguments arguments("lib.rs.re2_match", args);
  const auto query = query_of(arguments, 2);
  if (!query) return fail(query.error());
  if (query->init > query->text.size()) return Value::boolean(false);
  const StringPiece text(query->text.data(), query->text.size());
  return Value::boolean(
      query->pattern->Match(text, query->init, text.size(), query->anchor, nullptr, 0));
}

Result<Value> find(Args& args) {
  Arguments arguments("lib.rs.re2_find", args);
  const auto query = query_of(arguments, 2);
  if (!query) return fail(query.error());
  Search search(*query);
  const auto found = search.next();
  if (!found) return fail(found.error());
  return *found ? match_value(*query, search) : Value::null();
}

Result<Value> find_all(Args& args) {
  Arguments arguments("lib.rs.re2_find_all", args);
  const auto query = query_of(arguments, 2);
  if (!query) return fail(query.error());
  Search search(*query);
  Value::Array out;
  std::size_t bytes = 0;
  while (true) {
    const auto found = search.next();
    if (!found) return fail(found.error());
    if (!*found) return Value::array(std::move(out));
    for (const StringPiece& piece : search.groups()) bytes += piece.size();
    if (auto fits = within_result(bytes); !fits) return fail(std::move(fits.error()));
    out.push_back(match_value(*query, search));
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

Result<Value> replace(Args& args) {
  Arguments arguments("lib.rs.re2_replace", args);
  const auto query = query_of(arguments, 3);
  if (!query) return fail(query.error());
  const auto replacement = arguments.bytes(2, "replacement");
  if (!replacement) return fail(replacement.error());
  const auto pieces = replacement_of(*replacement, *query->pattern, arguments.function());
  if (!pieces) return fail(pieces.error());
  Search search(*query);
  std::string out;
  std::size_t copied = 0;
  while (true) {
    const auto found = search.next();
    if (!found) return fail(found.error());
    if (!*found) break;
    out += query->text.substr(copied, search.begin() - copied);
    append(out, *pieces, search.groups());
    copied = search.end();
    if (auto fits = within_result(out.size()); !fits) return fail(std::move(fits.error()));
  }
  out += query->text.substr(copied);
  return Value::string(std::move(out));
}

Result<Value> split(Args& args) {
  Arguments arguments("lib.rs.re2_split", args);
  const auto query = query_of(arguments, 2);
  if (!query) return fail(query.error());
  Search search(*query);
  Value::Array out;
  std::size_t copied = 0;
  const auto add = [&](std::size_t end) {
    out.push_back(Value::string(std::string(query->text.substr(copied, end - copied))));
  };
  while (true) {
    const auto found = search.next();
    if (!found) return fail(found.error());
    if (!*found) break;
    // An empty match parts nothing at the ends.
    const bool empty = search.begin() == search.end();
    if (empty && (search.begin() == 0 || search.begin() == query->text.size())) continue;
    add(search.begin());
    copied = search.end();
  }
  add(query->text.size());
  return Value::array(std::move(out));
}

enum class Matches : std::uint8_t { one, all };

// By what it takes on the lane. Looking is cheap for what is known: the pattern is compiled, and
// kept.
script::HostFunction::Heavy heavy(Result<Value> (*function)(Args&), std::string_view name,
                                  std::size_t options_index, Matches matches) {
  using Length = script::HostFunction::Heavy::Length;
  const auto length = [=](Args& args) {
    const PatternLimits limits;
    Arguments arguments(name, args);
    const auto query = query_of(arguments, options_index);
    if (!query) return Length::fits;  // the function says what is wrong
    const auto exceeds = [&](unsigned times) {
      return query->steps() > times * limits.steps_on_lane ||
             (matches == Matches::all && query->text.size() > times * limits.text_bytes_on_lane);
    };
    if (exceeds(limits.times_unwaited)) return Length::must_wait;
    return exceeds(1) ? Length::should_wait : Length::fits;
  };
  return {function, length};
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
       heavy(match, "lib.rs.re2_match", 2, Matches::one)});
  table.functions.push_back(
      {kCommonLibrary, "re2_find",
       "fun(pattern: string, text: string, options: table|nil): {start: integer, stop: integer, "
       "text: string, groups: (string|false)[], named: table<string, string>}|nil",
       "The first match from byte `init` on, or nil; options as in re2_match. Positions are those "
       "of "
       "string.sub; a group that took no part is false.",
       heavy(find, "lib.rs.re2_find", 2, Matches::one)});
  table.functions.push_back(
      {kCommonLibrary, "re2_find_all",
       "fun(pattern: string, text: string, options: table|nil): {start: integer, stop: integer, "
       "text: string, groups: (string|false)[], named: table<string, string>}[]",
       "All matches from left to right, at most `limit`; more than 100000 are TOO_LARGE.",
       heavy(find_all, "lib.rs.re2_find_all", 2, Matches::all)});
  table.functions.push_back(
      {kCommonLibrary, "re2_replace",
       "fun(pattern: string, text: string, replacement: string, options: table|nil): string",
       "Every match, at most `limit`, replaced: `$0` to `$9` and `${name}` are its groups, `$$` is "
       "a "
       "dollar.",
       heavy(replace, "lib.rs.re2_replace", 3, Matches::all)});
  table.functions.push_back({kCommonLibrary, "re2_split",
                             "fun(pattern: string, text: string, options: table|nil): string[]",
                             "The pieces between matches, at most `limit` of which part it.",
                             heavy(split, "lib.rs.re2_split", 2, Matches::all)});
}

}  // namespace gvm::host
