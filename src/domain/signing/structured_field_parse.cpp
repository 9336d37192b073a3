// RFC 9651, 4.2: the parsing algorithms. Each function starts at the byte it reads next.
#include <optional>

#include "base/encoding.h"
#include "signing/codes.h"
#include "signing/letters.h"
#include "signing/structured_field.h"

namespace gvm::signing {
namespace {

class Parser {
 public:
  explicit Parser(std::string_view text, RepeatedKeys repeated = RepeatedKeys::replace)
      : text_(text), repeated_(repeated) {}

  template <class T>
  Result<T> whole(Result<T> (Parser::*read)()) {
    skip_spaces();
    auto value = (this->*read)();
    if (!value) return value;
    skip_spaces();
    if (!at_end()) return wrong("there is more behind the value");
    return value;
  }

  Result<Dictionary> dictionary() {
    Dictionary members;
    while (!at_end()) {
      auto key = read_key();
      if (!key) return fail(std::move(key.error()));
      if (repeated_ == RepeatedKeys::refuse && members.find(*key) != nullptr)
        return wrong("a key is there twice");
      auto member = member_value();
      if (!member) return fail(std::move(member.error()));
      members.set(*key, std::move(*member));
      if (members.size() > StructuredFieldLimits::kMembers) return wrong("too many members");
      if (at_end()) break;
      if (auto next = comma(); !next) return fail(std::move(next.error()));
      if (trailing_) break;
    }
    return members;
  }

  Result<List> list() {
    List members;
    while (!at_end()) {
      auto member = item_or_inner_list();
      if (!member) return fail(std::move(member.error()));
      members.push_back(std::move(*member));
      if (members.size() > StructuredFieldLimits::kMembers) return wrong("too many members");
      if (auto next = comma(); !next) return fail(std::move(next.error()));
      if (trailing_) break;
    }
    return members;
  }

  Result<Item> item() {
    auto value = bare_item();
    if (!value) return fail(std::move(value.error()));
    auto parameters = read_parameters();
    if (!parameters) return fail(std::move(parameters.error()));
    return Item{std::move(*value), std::move(*parameters)};
  }

 private:
  std::unexpected<Error> wrong(std::string_view what) const {
    return fail(codes::kMalformedStructuredField, Fatality::user,
                "at byte " + std::to_string(at_) + ": " + std::string(what));
  }
  bool at_end() const { return at_ == text_.size(); }
  char peek() const { return at_end() ? '\0' : text_[at_]; }
  bool take(char c) {
    if (peek() != c || at_end()) return false;
    ++at_;
    return true;
  }
  void skip_spaces() {
    while (take(' ')) {
    }
  }

  // Reads the separator between two members. Sets trailing_ when only white space follows.
  Result<void> comma() {
    while (take(' ') || take('\t')) {
    }
    if (at_end()) {
      trailing_ = true;
      return {};
    }
    if (!take(',')) return wrong("a comma is expected between members");
    while (take(' ') || take('\t')) {
    }
    if (at_end()) return wrong("a comma with no member behind it");
    return {};
  }

  Result<Member> member_value() {
    if (take('=')) return item_or_inner_list();
    auto parameters = read_parameters();
    if (!parameters) return fail(std::move(parameters.error()));
    return Member(Item{true, std::move(*parameters)});
  }

  Result<Member> item_or_inner_list() {
    if (peek() == '(') {
      auto list = inner_list();
      if (!list) return fail(std::move(list.error()));
      return Member(std::move(*list));
    }
    auto read = item();
    if (!read) return fail(std::move(read.error()));
    return Member(std::move(*read));
  }

  Result<InnerList> inner_list() {
    ++at_;  // the parenthesis
    InnerList list;
    while (true) {
      skip_spaces();
      if (take(')')) break;
      if (at_end()) return wrong("an inner list has no end");
      auto read = item();
      if (!read) return fail(std::move(read.error()));
      list.items.push_back(std::move(*read));
      if (list.items.size() > StructuredFieldLimits::kListItems)
        return wrong("too many items in an inner list");
      if (peek() != ' ' && peek() != ')') return wrong("items of an inner list need a space");
    }
    auto parameters = read_parameters();
    if (!parameters) return fail(std::move(parameters.error()));
    list.parameters = std::move(*parameters);
    return list;
  }

  Result<Parameters> read_parameters() {
    Parameters parameters;
    while (take(';')) {
      skip_spaces();
      auto key = read_key();
      if (!key) return fail(std::move(key.error()));
      BareItem value = true;
      if (take('=')) {
        auto read = bare_item();
        if (!read) return fail(std::move(read.error()));
        value = std::move(*read);
      }
      parameters.set(*key, std::move(value));
      if (parameters.size() > StructuredFieldLimits::kParameters)
        return wrong("too many parameters");
    }
    return parameters;
  }

  Result<std::string_view> read_key() {
    if (!is_key_start(peek())) return wrong("a key is expected: it starts with a-z or *");
    const std::size_t begin = at_;
    while (!at_end() && is_key_char(text_[at_])) ++at_;
    return text_.substr(begin, at_ - begin);
  }

  Result<BareItem> bare_item() {
    const char c = peek();
    if (c == '-' || is_digit(c)) return number();
    if (c == '"') return quoted();
    if (c == ':') return bytes();
    if (c == '?') return boolean();
    if (c == '@') return date();
    if (c == '%') return display_string();
    if (is_token_start(c)) return token();
    return wrong("no item starts like this");
  }

  Result<BareItem> number() {
    const bool negative = take('-');
    if (!is_digit(peek())) return wrong("a number has no digits");
    constexpr std::size_t kIntegerDigits = 15;
    constexpr std::size_t kDecimalDigits = 12;  // before the point
    std::int64_t value = 0;
    std::size_t digits = 0;
    for (; is_digit(peek()); ++at_, ++digits) {
      if (digits == kIntegerDigits) return wrong("an integer has more than 15 digits");
      value = value * 10 + (text_[at_] - '0');
    }
    if (peek() != '.') return BareItem(negative ? -value : value);
    if (digits > kDecimalDigits) return wrong("a decimal has more than 12 digits before its point");
    ++at_;
    return fraction(value, negative);
  }

  Result<BareItem> fraction(std::int64_t value, bool negative) {
    constexpr std::size_t kFractionDigits = 3;
    std::size_t digits = 0;
    for (; is_digit(peek()); ++at_, ++digits) {
      if (digits == kFractionDigits)
        return wrong("a decimal has more than 3 digits behind its point");
      value = value * 10 + (text_[at_] - '0');
    }
    if (digits == 0) return wrong("a decimal has no digits behind its point");
    for (; digits < kFractionDigits; ++digits) value *= 10;
    return BareItem(Decimal{negative ? -value : value});
  }

  Result<BareItem> quoted() {
    ++at_;
    std::string value;
    while (!at_end()) {
      char c = text_[at_++];
      if (c == '"') return BareItem(std::move(value));
      if (c == '\\') {
        c = peek();
        if (c != '"' && c != '\\') return wrong("only \\\" and \\\\ may be escaped");
        ++at_;
      } else if (!is_printable(c)) {
        return wrong("a string holds a byte outside of printable ASCII");
      }
      value += c;
    }
    return wrong("a string has no end");
  }

  Result<BareItem> token() {
    const std::size_t begin = at_;
    while (!at_end() && is_token_char(text_[at_])) ++at_;
    return BareItem(Token{std::string(text_.substr(begin, at_ - begin))});
  }

  Result<BareItem> bytes() {
    const auto end = text_.find(':', at_ + 1);
    if (end == std::string_view::npos) return wrong("a byte sequence has no end");
    auto value = base64_decode(text_.substr(at_ + 1, end - at_ - 1));
    if (!value) return wrong("a byte sequence is no base64");
    at_ = end + 1;
    return BareItem(ByteSequence{std::move(*value)});
  }

  Result<BareItem> boolean() {
    ++at_;
    if (take('1')) return BareItem(true);
    if (take('0')) return BareItem(false);
    return wrong("a boolean is ?0 or ?1");
  }

  Result<BareItem> date() {
    ++at_;
    auto value = number();
    if (!value) return value;
    const auto* seconds = std::get_if<std::int64_t>(&*value);
    if (seconds == nullptr) return wrong("a date is an integer");
    return BareItem(Date{*seconds});
  }

  Result<BareItem> display_string() {
    ++at_;
    if (!take('"')) return wrong("a display string starts with %\"");
    std::string value;
    while (!at_end()) {
      const char c = text_[at_++];
      if (c == '"') {
        if (!is_valid_utf8(value)) return wrong("a display string is no UTF-8");
        return BareItem(DisplayString{std::move(value)});
      }
      if (!is_printable(c)) return wrong("a display string holds a byte outside of ASCII");
      if (c != '%') {
        value += c;
        continue;
      }
      const auto byte = escaped_byte();
      if (!byte) return wrong("% is followed by two lower-case hexadecimal digits");
      value += *byte;
    }
    return wrong("a display string has no end");
  }

  std::optional<char> escaped_byte() {
    const auto digits = text_.substr(at_, 2);
    if (!all_of(digits, [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); })) return {};
    const auto decoded = hex_decode(digits);
    if (!decoded || decoded->size() != 1) return {};
    at_ += 2;
    return decoded->front();
  }

  std::string_view text_;
  std::size_t at_ = 0;
  RepeatedKeys repeated_;
  bool trailing_ = false;  // nothing but white space followed the last comma
};

}  // namespace

Result<Dictionary> parse_dictionary(std::string_view text, RepeatedKeys repeated) {
  return Parser(text, repeated).whole(&Parser::dictionary);
}

Result<List> parse_list(std::string_view text) {
  return Parser(text).whole(&Parser::list);
}

Result<Item> parse_item(std::string_view text) {
  return Parser(text).whole(&Parser::item);
}

}  // namespace gvm::signing
