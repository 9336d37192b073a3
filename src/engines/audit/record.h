#pragma once
// The records of the audit: one JSON object a line, each with the hash of the line before it.
// docs/audit.md describes every field. Pure. page_record.h has those of the web module.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/size.h"

namespace gvm::audit {

// No record is longer; a longer line is not one.
inline constexpr std::size_t kMostLineBytes = 32 * kKiB;
// Of one field that a host or a script chose; what is longer is cut.
inline constexpr std::size_t kMostFieldBytes = 256;
inline constexpr std::size_t kMostRules = 32;

// What was sent and what came back, as the guards left it. Pictures are kept as their SHA-256 only.
struct Texts {
  bool sent = true;  // false: guards refused the prompt, so nothing of it is kept, no hash either
  std::optional<std::string> system;
  std::string user;
  std::vector<std::string> images;    // their bytes
  std::optional<std::string> answer;  // none: the prompt failed

  std::size_t bytes() const;
};

// What every answer of a module has: for whom, when, and how it ended.
struct Subject {
  std::int64_t at_ms = 0;  // since 1970
  std::string session;
  std::string node;
  std::string tx;
  std::string contract;
  std::string entry;               // the entry point or template: "ExecPrompt", "Render", ...
  std::string outcome = "ok";      // or the code of the error
  std::vector<std::string> rules;  // guards that fired, by name
};

// One prompt that was answered or failed.
struct Answer : Subject {
  std::string decision;  // the id of its decision record; empty: none was made
  std::string format;    // text, json, bool
  std::string backend;   // who answered; empty: nobody
  std::string model;
  Texts texts;
};

// The last record of a chain, as another process or file names it.
struct Head {
  std::string chain;
  std::uint64_t seq = 0;
  std::string hash;
};

// Where the next record of a chain stands.
struct Link {
  std::uint64_t seq = 0;
  std::string prev;  // hash of the record before
};

// Hashes of the texts, and the line of the file beside that has their salt.
struct SealedTexts {
  std::string url;     // HMAC; of pages
  std::string prompt;  // HMAC; of pages: of the request's body
  std::string answer;  // HMAC; empty without an answer
  std::string line;    // JSON, without newline
};
enum class Keep : std::uint8_t { none, prompts, answers, all };
// "none", "prompts" or "requests", "answers", "all".
std::optional<Keep> parse_keep(std::string_view word);
inline bool keeps_asked(Keep keep) {
  return keep == Keep::prompts || keep == Keep::all;
}
inline bool keeps_answers(Keep keep) {
  return keep == Keep::answers || keep == Keep::all;
}
SealedTexts seal(const Answer& answer, std::uint64_t seq, Keep keep);

// Lines without newline. What a field has beyond kMostFieldBytes is cut.
std::string begin_line(const Link& link, std::int64_t at_ms, const std::string& chain,
                       std::string_view module, const std::vector<Head>& before);
std::string answer_line(const Link& link, const Answer& answer, const SealedTexts& sealed);
std::string anchor_line(const Link& link, std::int64_t at_ms);
std::string gap_line(const Link& link, std::int64_t at_ms, std::uint64_t lost,
                     std::string_view why);
std::string retired_line(const Link& link, std::int64_t at_ms, std::string_view file,
                         const Head& last);
std::string end_line(const Link& link, std::int64_t at_ms);

// A line read again. `fields` is the whole object.
struct Parsed {
  std::uint64_t seq = 0;
  std::string prev;
  std::string kind;
  std::int64_t at_ms = 0;
  Value fields;
};
// DESERIALIZING: no record. Unknown kinds and fields are allowed, later versions may have them.
Result<Parsed> parse_line(std::string_view line);
// Milliseconds since 1970 of "2025-01-31T00:00:00.123Z".
std::optional<std::int64_t> parse_time(std::string_view text);
std::string text_of(const Parsed& record, std::string_view field);
// Of an answer of any module: of kind "answer" or "page".
bool is_answer(const Parsed& record);
// Of a `begin` record.
std::vector<Head> heads_in(const Parsed& begin);

// The hashes over the texts of a line beside the chain, made again.
struct OpenedTexts {
  std::string url;     // HMAC; empty when it is not kept
  std::string prompt;  // HMAC; empty when the prompt, or the body, is not kept
  std::string answer;
  Value fields;
};
// Empty: the line was forgotten or is no such line.
std::optional<OpenedTexts> open_texts(std::string_view line);

}  // namespace gvm::audit
