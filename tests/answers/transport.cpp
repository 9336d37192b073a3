// Damage that transports, editors and copying do to answers about payments and votes: pieces of a
// stream, lines, quotations of mail.
#include <array>

#include "answers/corpus.h"
#include "base/json.h"
#include "text/json.h"

namespace gvm::answers {
namespace {

constexpr std::array<std::string_view, 8> kNames = {"ann", "bob",   "Çelik", "d'Arc",
                                                    "eve", "Łucja", "guo",   "H. Ito"};
constexpr std::array<std::string_view, 6> kNotes = {"Paid in full on 2024-05-01.",
                                                    "See clause 4, item (b): late delivery.",
                                                    "The buyer wrote \"never arrived\".",
                                                    "Net 30; 2% discount",
                                                    "-- unsigned --",
                                                    "Weight: 3,5 kg"};

Value name(Random& random) {
  return Value::string(std::string(random.of(kNames)));
}

Value payment(Random& random) {
  Value out = Value::fields("to", name(random), "amount",
                            Value::integer(static_cast<std::int64_t>(random.below(100'000))));
  if (random.one_in(2)) out.as_map()->set("memo", Value::string(std::string(random.of(kNotes))));
  return out;
}

Value object_of(Random& random) {
  Value::Array payments;
  for (auto n = 1 + random.below(3); n > 0; --n) payments.push_back(payment(random));
  Value votes = Value::map();
  for (auto n = 1 + random.below(3); n > 0; --n)
    votes.as_map()->set(random.of(kNames), Value::boolean(random.one_in(2)));
  Value out =
      Value::fields("pay", Value::array(std::move(payments)), "votes", std::move(votes), "share",
                    Value::real(static_cast<double>(2 * random.below(1000) + 1) / 16));
  if (random.one_in(2)) out.as_map()->set("note", Value::string(std::string(random.of(kNotes))));
  if (random.one_in(3)) out.as_map()->set("refund", Value::null());
  return out;
}

void write_pretty(const Value& value, std::size_t indent, std::string& out) {
  const std::string margin(2 * indent, ' ');
  const auto block = [&](char opening, char closing, const auto& items, auto&& write_item) {
    out += opening;
    std::string_view parting = "\n";
    for (const auto& item : items) {
      out += parting;
      out += margin + "  ";
      write_item(item);
      parting = ",\n";
    }
    out += "\n" + margin + closing;
  };
  if (const auto* items = value.as_array()) {
    block('[', ']', *items, [&](const Value& item) { write_pretty(item, indent + 1, out); });
  } else if (const auto* members = value.as_map()) {
    block('{', '}', *members, [&](const auto& member) {
      out += json::write(Value::string(std::string(member.first.view()))) + ": ";
      write_pretty(member.second, indent + 1, out);
    });
  } else {
    out += json::write(value);
  }
}

struct Written {
  Value value;
  std::string text;
};

Written pretty(Random& random) {
  Written out{object_of(random), {}};
  write_pretty(out.value, 0, out.text);
  return out;
}
Written plain(Random& random) {
  Written out = pretty(random);
  if (random.one_in(2)) out.text = json::write(out.value);
  return out;
}

// As it is written, without the commas behind a last member or element.
std::string without_last_commas(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '}' || c == ']') {
      const auto last = out.find_last_not_of(" \n");
      if (last != std::string::npos && out[last] == ',') out.erase(last, 1);
    }
    out += c;
  }
  return out;
}

// Damage may leave a valid object, which is then what the answer says; a comma too many at the end
// of a list is no damage.
BrokenAnswer damaged(const Written& from, std::string text) {
  if (auto valid = text::parse_json(without_last_commas(text)))
    return {std::move(text), std::move(*valid)};
  return {std::move(text), from.value};
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
  return text;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at <= text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    out.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return out;
}
std::string joined(const std::vector<std::string>& lines, std::string_view margin = "") {
  std::string out;
  for (const auto& line : lines) out += (out.empty() ? "" : "\n") + std::string(margin) + line;
  return out;
}

struct Piece {
  std::size_t begin;
  std::size_t size;
};
Piece piece_within(Random& random, const std::string& text) {
  const auto size = 3 + random.below(12);
  return {1 + random.below(text.size() - size - 2), size};
}

BrokenAnswer piece_lost(Random& random) {
  const auto from = plain(random);
  const auto [begin, size] = piece_within(random, from.text);
  // What is left must not read as another document: that much of it is gone.
  auto text = from.text;
  return damaged(from, text.erase(begin, size));
}
BrokenAnswer piece_twice(Random& random) {
  const auto from = plain(random);
  const auto [begin, size] = piece_within(random, from.text);
  auto text = from.text;
  return damaged(from, text.insert(begin, text.substr(begin, size)));
}
BrokenAnswer pieces_exchanged(Random& random) {
  const auto from = plain(random);
  const auto [begin, size] = piece_within(random, from.text);
  const auto middle = begin + size / 2;
  return damaged(from,
                 from.text.substr(0, begin) + from.text.substr(middle, begin + size - middle) +
                     from.text.substr(begin, middle - begin) + from.text.substr(begin + size));
}
BrokenAnswer line_lost(Random& random) {
  const auto from = pretty(random);
  auto lines = lines_of(from.text);
  lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(random.below(lines.size())));
  return damaged(from, joined(lines));
}
BrokenAnswer line_twice(Random& random) {
  const auto from = pretty(random);
  auto lines = lines_of(from.text);
  const auto at = random.below(lines.size());
  const std::string copy = lines[at];
  lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(at), copy);
  return damaged(from, joined(lines));
}
BrokenAnswer lines_exchanged(Random& random) {
  const auto from = pretty(random);
  auto lines = lines_of(from.text);
  const auto at = random.below(lines.size() - 1);
  std::swap(lines[at], lines[at + 1]);
  return damaged(from, joined(lines));
}
BrokenAnswer begun_again(Random& random) {
  const auto from = plain(random);
  return {from.text.substr(0, 5 + random.below(from.text.size() - 5)) + "\n" + from.text,
          from.value};
}
BrokenAnswer two_woven(Random& random) {
  const auto a = lines_of(pretty(random).text);
  const auto b = lines_of(pretty(random).text);
  std::string out;
  for (std::size_t i = 0; i < std::max(a.size(), b.size()); ++i) {
    if (i < a.size()) out += a[i] + "\n";
    if (i < b.size()) out += b[i] + "\n";
  }
  return {out, std::nullopt};
}
BrokenAnswer as_a_difference(Random& random) {
  const auto from = pretty(random);
  auto lines = lines_of(from.text);
  const auto at = 1 + random.below(lines.size() - 2);
  const auto other = lines_of(pretty(random).text);
  const std::string old = "-" + lines[at];
  lines[at] = "+" + other[1 + random.below(other.size() - 2)];
  lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(at), old);
  return {joined(lines), std::nullopt};
}
BrokenAnswer value_left_open(Random& random) {
  const auto from = plain(random);
  const auto colon = from.text.find(':', from.text.find("\"share\""));
  auto end = from.text.find_first_of(",}\n", colon);
  constexpr std::array<std::string_view, 5> kHoles = {"<share>", "...", "<fill in>", "$SHARE", "?"};
  return {from.text.substr(0, colon + 1) + std::string(random.of(kHoles)) + from.text.substr(end),
          std::nullopt};
}
BrokenAnswer wrapped_in_mail(Random& random) {
  const auto from = pretty(random);
  return damaged(from, joined(lines_of(from.text), "> "));
}
BrokenAnswer as_entities(Random& random) {
  const auto from = plain(random);
  return damaged(from, replaced(from.text, "\"", "&quot;"));
}
BrokenAnswer corrected_below(Random& random) {
  const auto from = plain(random);
  const auto other = plain(random);
  return {from.text + "\n\nEdit: the amounts above were from last year. Now:\n" + other.text,
          from.value == other.value ? std::optional(from.value) : std::nullopt};
}
BrokenAnswer numbers_grouped(Random& random) {
  const auto from = plain(random);
  const auto at = from.text.find("\"amount\"");
  const auto digit = from.text.find_first_of("0123456789", at + 8);
  auto text = from.text;
  text.replace(digit, text.find_first_not_of("0123456789", digit) - digit, "12,345");
  return {std::move(text), std::nullopt};
}

// Without doubt.
BrokenAnswer with_carriage_returns(Random& random) {
  const auto from = pretty(random);
  return damaged(from, "Result:\r\n\r\n" + replaced(from.text, "\n", "\r\n") + "\r\n");
}
BrokenAnswer in_a_tag(Random& random) {
  const auto from = plain(random);
  return damaged(from, "<answer>\n" + from.text + "\n</answer>");
}
BrokenAnswer in_backticks(Random& random) {
  const auto from = plain(random);
  return damaged(from, "`" + json::write(from.value) + "`");
}
BrokenAnswer with_trailing_commas_in_a_fence(Random& random) {
  const auto from = pretty(random);
  return damaged(from, "```json\n" + replaced(from.text, "\n}", ",\n}") + "\n```");
}
BrokenAnswer with_comments_at_ends(Random& random) {
  const auto from = pretty(random);
  auto lines = lines_of(from.text);
  for (auto& line : lines)
    if (line.ends_with(',')) line += random.one_in(2) ? "  // checked" : "  # as agreed";
  return damaged(from, joined(lines));
}
BrokenAnswer headed(Random& random) {
  const auto from = plain(random);
  return damaged(from, "## Decision\n\n```json\n" + from.text + "\n```\n");
}

}  // namespace

std::vector<BrokenKind> transport() {
  return {{"a piece lost", false, piece_lost},
          {"a piece twice", false, piece_twice},
          {"two pieces exchanged", false, pieces_exchanged},
          {"a line lost", false, line_lost},
          {"a line twice", false, line_twice},
          {"two lines exchanged", false, lines_exchanged},
          {"begun again", false, begun_again},
          {"two answers woven", false, two_woven},
          {"as a difference", false, as_a_difference},
          {"a value left open", false, value_left_open},
          {"quoted as in mail", false, wrapped_in_mail},
          {"with entities", false, as_entities},
          {"corrected below", false, corrected_below},
          {"a grouped number", false, numbers_grouped},
          {"with carriage returns", true, with_carriage_returns},
          {"in a tag", true, in_a_tag},
          {"in backticks", true, in_backticks},
          {"trailing commas in a fence", true, with_trailing_commas_in_a_fence},
          {"comments at line ends", true, with_comments_at_ends},
          {"under a heading", true, headed}};
}

}  // namespace gvm::answers
