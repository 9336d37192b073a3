// RFC 9651, 4.1: the serialisation algorithms.
#include "base/encoding.h"
#include "signing/codes.h"
#include "signing/letters.h"
#include "signing/structured_field.h"

namespace gvm::signing {
namespace {

// Appends to `out`; the first value that cannot be serialised is named in `problem`.
class Writer {
 public:
  void member(const Member& value) {
    if (const auto* list = std::get_if<InnerList>(&value)) return inner_list(*list);
    item(std::get<Item>(value));
  }

  void item(const Item& value) {
    std::visit([this](const auto& bare) { write(bare); }, value.value);
    parameters(value.parameters);
  }

  void inner_list(const InnerList& list) {
    out_ += '(';
    for (const auto& entry : list.items) {
      if (&entry != &list.items.front()) out_ += ' ';
      item(entry);
    }
    out_ += ')';
    parameters(list.parameters);
  }

  void dictionary(const Dictionary& members) {
    bool first = true;
    for (const auto& [name, value] : members) {
      if (!std::exchange(first, false)) out_ += ", ";
      key(name);
      const auto* simple = std::get_if<Item>(&value);
      if (simple != nullptr && simple->value == BareItem(true)) {
        parameters(simple->parameters);
        continue;
      }
      out_ += '=';
      member(value);
    }
  }

  void list(const List& members) {
    for (const auto& entry : members) {
      if (&entry != &members.front()) out_ += ", ";
      member(entry);
    }
  }

  Result<std::string> take() {
    if (problem_ != nullptr)
      return fail(codes::kMalformedStructuredField, Fatality::user, problem_);
    return std::move(out_);
  }

 private:
  void require(bool claim, const char* otherwise) {
    if (!claim && problem_ == nullptr) problem_ = otherwise;
  }

  void key(std::string_view name) {
    require(!name.empty() && is_key_start(name.front()) && all_of(name, is_key_char),
            "a key has a wrong letter");
    out_ += name;
  }

  void parameters(const Parameters& entries) {
    for (const auto& [name, value] : entries) {
      out_ += ';';
      key(name);
      if (value == BareItem(true)) continue;
      out_ += '=';
      std::visit([this](const auto& bare) { write(bare); }, value);
    }
  }

  void write(std::int64_t value) {
    require(value >= -kLargestInteger && value <= kLargestInteger,
            "an integer has more than 15 digits");
    out_ += std::to_string(value);
  }

  void write(const Decimal& value) {
    require(value.thousandths >= -kLargestInteger && value.thousandths <= kLargestInteger,
            "a decimal has more than 12 digits before its point");
    const std::int64_t size = value.thousandths < 0 ? -value.thousandths : value.thousandths;
    if (value.thousandths < 0) out_ += '-';
    out_ += std::to_string(size / 1000);
    std::string digits = std::to_string(1000 + size % 1000).substr(1);
    while (digits.size() > 1 && digits.back() == '0') digits.pop_back();
    out_ += '.';
    out_ += digits;
  }

  void write(const std::string& value) {
    require(all_of(value, is_printable), "a string holds a byte outside of printable ASCII");
    out_ += '"';
    for (const char c : value) {
      if (c == '"' || c == '\\') out_ += '\\';
      out_ += c;
    }
    out_ += '"';
  }

  void write(const Token& value) {
    require(!value.text.empty() && is_token_start(value.text.front()) &&
                all_of(value.text, is_token_char),
            "a token has a wrong letter");
    out_ += value.text;
  }

  void write(const ByteSequence& value) {
    out_ += ':';
    base64_encode_to(out_, value.bytes);
    out_ += ':';
  }

  void write(bool value) { out_ += value ? "?1" : "?0"; }

  void write(const Date& value) {
    out_ += '@';
    write(value.unix_seconds);
  }

  void write(const DisplayString& value) {
    require(is_valid_utf8(value.utf8), "a display string is no UTF-8");
    out_ += "%\"";
    for (const char c : value.utf8) {
      if (is_printable(c) && c != '%' && c != '"') {
        out_ += c;
      } else {
        out_ += '%';
        out_ += hex_encode(std::string_view(&c, 1));
      }
    }
    out_ += '"';
  }

  std::string out_;
  const char* problem_ = nullptr;
};

}  // namespace

Result<std::string> serialize(const Dictionary& dictionary) {
  Writer writer;
  writer.dictionary(dictionary);
  return writer.take();
}

Result<std::string> serialize(const List& list) {
  Writer writer;
  writer.list(list);
  return writer.take();
}

Result<std::string> serialize(const Item& item) {
  Writer writer;
  writer.item(item);
  return writer.take();
}

Result<std::string> serialize(const InnerList& list) {
  Writer writer;
  writer.inner_list(list);
  return writer.take();
}

Result<std::string> serialize(const Member& member) {
  Writer writer;
  writer.member(member);
  return writer.take();
}

}  // namespace gvm::signing
