#pragma once
// Reads JSON as language models write it: the grammar of repair_json (json_repair.h), from one
// opening bracket on. What it writes is JSON text with the members in their order and numbers as
// they stand; anything it cannot be sure of it refuses.
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace gvm::text {

struct TolerantJson {
  std::string json;
  std::size_t end = 0;      // behind the closing bracket, or where the text stops
  bool cut = false;         // the text ends before the closing bracket
  bool has_object = false;  // an object was opened
  bool members = false;     // it has members or elements
};

struct TolerantFailure {
  std::size_t offset = 0;
  std::string what;
  bool has_object = false;
};

// A curly or full-width quote that a colon follows: where a key ends.
bool has_curly_quote_before_colon(std::string_view text);

class TolerantReader {
 public:
  // `text` is valid UTF-8 and outlives the reader.
  explicit TolerantReader(std::string_view text) : text_(text) {}

  // Reads the object or array whose bracket stands at `start`. Empty when it is none: failure()
  // says why.
  std::optional<TolerantJson> read(std::size_t start);
  const TolerantFailure& failure() const { return failure_; }

  // True when the bracket at `start` begins JSON rather than being a brace or bracket in prose.
  bool looks_like_object(std::size_t start);
  bool looks_like_array(std::size_t start);

 private:
  enum class Step {
    done,
    dropped,  // the text ends within a value whose rest cannot be known; nothing of the value is
              // kept
    failed,
  };
  enum class Role { key, member, element };
  enum class Quote {
    none,
    straight_double,
    straight_single,
    curly_double,
    curly_single,
    wide_double,
    wide_single
  };
  struct Opening {
    Quote style = Quote::none;
    std::size_t bytes = 0;
  };

  Step refuse(std::string what) { return refuse_at(pos_, std::move(what)); }
  Step refuse_at(std::size_t offset, std::string what);

  char peek(std::size_t ahead = 0) const {
    return pos_ + ahead < text_.size() ? text_[pos_ + ahead] : '\0';
  }
  std::string_view rest(std::size_t from) const { return text_.substr(from); }
  bool take(char c);
  // The end of the text, or of the fenced block that contains the answer.
  bool ended_at(std::size_t offset) const;
  bool ended() const { return ended_at(pos_); }
  std::size_t after_space(std::size_t offset) const;
  // Skips white space and comments. False when it is not certain that something is a comment.
  bool space();
  bool comment();
  bool is_comment_of_members(std::string_view comment) const;
  // ',' or its full-width form.
  bool take_comma();
  bool take_colon();

  Step value(std::size_t depth, Role role);
  // Skips commas, any number of them between members; says whether a value follows without one.
  enum class Gap { comma, none, closed, ended, failed };
  Gap gap(char bracket, bool first);
  Step object(std::size_t depth);
  Step member(std::size_t depth);
  Step key();
  Step array(std::size_t depth);
  Step close(char bracket);
  Step cut_here(char bracket);
  bool separated_without_comma() const;
  void note_sibling();
  // The lines of one container: where its members begin.
  struct Lines {
    std::size_t around = 0;                   // indentation of the line that its bracket stands in
    std::optional<std::size_t> members = {};  // of the first member, when it begins a line
    bool strayed = false;                     // another one is indented differently
  };
  bool fits(Lines& lines, bool first);
  bool comma_may_be_missing(const Lines& lines) const;
  // The numbers of one array.
  struct Numbers {
    bool whole = false;   // one without a point
    bool mended = false;  // one with a plus sign, or with a digit missing beside its point
  };
  bool fits(Numbers& numbers) const;
  bool certain_end() const;

  Step number();
  Step literal();
  Step completed_literal(std::string_view word);

  // json_tolerant_string.cpp
  Opening opening_at(std::size_t offset) const;
  std::size_t closing_at(std::size_t offset, Quote style) const;
  Step string(Role role);
  Step string_end(Role role, std::size_t quote_bytes, bool& ended);
  Step inner_quote(Role role, std::size_t bytes);
  Step cut_string(Role role);
  Step check_key(std::string_view content);
  Step note_end(std::string_view content);
  Step escape();
  bool is_foreign_escape(char c) const;
  Step unicode_escape();
  bool closes(Role role, std::size_t after) const;
  bool key_follows(std::size_t offset, bool after_newline) const;
  bool element_follows(std::size_t offset, bool after_newline) const;
  void emit(char c);

  std::string_view text_;
  std::size_t pos_ = 0;
  std::string out_;
  bool cut_ = false;
  std::string open_;  // the brackets of the containers being read, the innermost last
  enum class Form { other, whole, mended };
  Form form_ = Form::other;     // of the value read last
  bool missing_comma_ = false;  // in front of the member or element being read
  // What makes the place of a missing closing bracket or comma uncertain.
  // Of an object with a second entry: how many brackets would have to be closed in front of that
  // entry to make it one of another object around it; of arrays the same. The smallest number.
  std::size_t least_lost_ = kNoOther;
  std::size_t missing_ = 0;  // closing brackets at the end
  static constexpr std::size_t kNoOther = static_cast<std::size_t>(-1);
  bool string_ends_like_structure_ = false;
  bool last_string_ends_like_structure_ = false;  // of the value read last
  bool has_object_ = false;
  bool newline_before_ = false;   // within the last run of white space
  std::size_t indent_ = 0;        // bytes of white space in front of the line being read
  bool odd_indentation_ = false;  // a member begins its line no deeper than its container
  Quote style_ = Quote::none;     // of the string being read
  std::size_t string_start_ = 0;
  std::size_t inner_quotes_ = 0;
  bool has_letter_escapes_ = false;   // of JSON: "\\n"
  bool has_foreign_escapes_ = false;  // of regular expressions: "\\d"
  int escaped_brackets_ = 0;          // opening ones less closing ones
  TolerantFailure failure_;
};

// Identifiers as unquoted keys; bytes over 0x7F are no part of them.
bool is_identifier_start(char c);
bool is_identifier_part(char c);

}  // namespace gvm::text
