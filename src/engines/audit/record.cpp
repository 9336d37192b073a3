#include "audit/record.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

#include "audit/hash.h"
#include "audit/page_record.h"
#include "audit/record_line.h"
#include "base/encoding.h"
#include "base/error_codes.h"
#include "base/json_writer.h"
#include "text/json.h"
#include "text/json_view.h"

namespace gvm::audit {
namespace {

void write_head(json::Writer& out, const Head& head) {
  out.begin_object();
  out.key("chain");
  out.string(head.chain);
  out.key("seq");
  out.number(head.seq);
  out.key("hash");
  out.string(head.hash);
  out.end_object();
}

std::uint64_t unsigned_at(const Value& value, std::string_view pointer) {
  const auto number = text::integer_at(value, pointer);
  return number && *number > 0 ? static_cast<std::uint64_t>(*number) : 0;
}

std::string string_at(const Value& value, std::string_view pointer) {
  return std::string(text::string_at(value, pointer).value_or(""));
}

// Parts with their lengths, so that no two prompts have the same text.
std::string prompt_bytes(const std::optional<std::string>& system, std::string_view user,
                         const std::vector<std::string>& image_hashes) {
  std::string whole;
  if (system) add_part(whole, 's', *system);
  add_part(whole, 'u', user);
  for (const auto& hash : image_hashes) add_part(whole, 'i', hash);
  return whole;
}

constexpr std::array<std::string_view, 4> kKeeps = {"none", "prompts", "answers", "all"};

}  // namespace

std::size_t Texts::bytes() const {
  std::size_t sum = user.size() + (system ? system->size() : 0) + (answer ? answer->size() : 0);
  for (const auto& image : images) sum += image.size();
  return sum;
}

std::optional<Keep> parse_keep(std::string_view word) {
  if (word == "requests") return Keep::prompts;
  const auto* const at = std::ranges::find(kKeeps, word);
  if (at == kKeeps.end()) return std::nullopt;
  return static_cast<Keep>(at - kKeeps.begin());
}

SealedTexts seal(const Answer& answer, std::uint64_t seq, Keep keep) {
  const auto& texts = answer.texts;
  const auto salt = random_bytes(kSaltBytes);
  std::optional<std::string> system;
  if (texts.system) system = to_valid_utf8(*texts.system);
  const auto user = to_valid_utf8(texts.user);
  std::vector<std::string> images;
  for (const auto& image : texts.images) images.push_back(sha256(image));
  SealedTexts sealed;
  if (texts.sent) sealed.prompt = hmac_sha256(salt, prompt_bytes(system, user, images));
  json::Writer out(sealed.line);
  const auto text = [&out](std::string_view key, std::string_view value) {
    out.key(key);
    out.string(value);
  };
  out.begin_object();
  out.key("seq");
  out.number(seq);
  text("tx", cut(answer.tx));
  text("salt", hex_encode(salt));
  if (texts.sent && keeps_asked(keep)) {
    if (system) text("system", *system);
    text("user", user);
    out.key("images");
    out.begin_array();
    for (const auto& hash : images) out.string(hash);
    out.end_array();
  }
  if (texts.answer) {
    const auto said = to_valid_utf8(*texts.answer);
    sealed.answer = hmac_sha256(salt, said);
    if (keeps_answers(keep)) text("answer", said);
  }
  out.end_object();
  return sealed;
}

std::string begin_line(const Link& link, std::int64_t at_ms, const std::string& chain,
                       std::string_view module, const std::vector<Head>& before) {
  Line line(link, at_ms, "begin");
  line.text("chain", chain);
  line.text("module", module);
  auto& out = line.key("before");
  out.begin_array();
  for (const auto& head : before) write_head(out, head);
  out.end_array();
  return line.take();
}

std::string answer_line(const Link& link, const Answer& answer, const SealedTexts& sealed) {
  Line line(link, answer.at_ms, "answer");
  line.subject(answer);
  line.text("decision", cut(answer.decision));
  line.text("entry", cut(answer.entry));
  line.text("format", cut(answer.format));
  line.number("images", answer.texts.images.size());
  line.text("backend", cut(answer.backend));
  line.text("model", cut(answer.model));
  line.text("outcome", cut(answer.outcome));
  line.rules(answer);
  line.text("prompt", sealed.prompt);
  line.text("answer", sealed.answer);
  return line.take();
}

std::string anchor_line(const Link& link, std::int64_t at_ms) {
  Line line(link, at_ms, "anchor");
  line.text("head", link.prev);
  return line.take();
}

std::string gap_line(const Link& link, std::int64_t at_ms, std::uint64_t lost,
                     std::string_view why) {
  Line line(link, at_ms, "gap");
  line.number("lost", lost);
  line.text("why", cut(why));
  return line.take();
}

std::string retired_line(const Link& link, std::int64_t at_ms, std::string_view file,
                         const Head& last) {
  Line line(link, at_ms, "retired");
  line.text("file", file);
  write_head(line.key("last"), last);
  return line.take();
}

std::string end_line(const Link& link, std::int64_t at_ms) {
  return Line(link, at_ms, "end").take();
}

Result<Parsed> parse_line(std::string_view line) {
  const auto no = [](std::string why) {
    return fail(codes::kDeserializing, Fatality::user, "no record of the audit: " + why);
  };
  if (line.size() > kMostLineBytes)
    return no(fmt::format("a line of over {} bytes", kMostLineBytes));
  auto value = text::parse_json(line);
  if (!value || value->as_map() == nullptr) return no("no JSON object");
  const auto seq = text::integer_at(*value, "/seq");
  Parsed record;
  record.prev = string_at(*value, "/prev");
  record.kind = string_at(*value, "/kind");
  const auto at = parse_time(string_at(*value, "/at"));
  if (!seq || *seq < 0 || !at || record.kind.empty() || record.prev.size() != kNoHash.size())
    return no("seq, prev, at or kind is missing or of another form");
  record.seq = static_cast<std::uint64_t>(*seq);
  record.at_ms = *at;
  record.fields = std::move(*value);
  return record;
}

std::optional<std::int64_t> parse_time(std::string_view text) {
  constexpr std::size_t kSize = 24;
  if (text.size() != kSize || text[10] != 'T' || text[23] != 'Z') return std::nullopt;
  const auto number = [&](std::size_t at, std::size_t size) -> std::int64_t {
    std::int64_t value = -1;
    const char* const end = text.data() + at + size;
    const auto read = std::from_chars(text.data() + at, end, value);
    return read.ec == std::errc() && read.ptr == end ? value : -1;
  };
  const auto year = number(0, 4), month = number(5, 2), day = number(8, 2), hour = number(11, 2),
             minute = number(14, 2), second = number(17, 2), ms = number(20, 3);
  if (std::min({year, month, day, hour, minute, second, ms}) < 0) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(year)),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return std::nullopt;
  const auto days = std::chrono::sys_days(date).time_since_epoch().count();
  return ((days * 24 + hour) * 60 + minute) * 60'000 + second * 1000 + ms;
}

std::string text_of(const Parsed& record, std::string_view field) {
  return string_at(record.fields, "/" + std::string(field));
}

bool is_answer(const Parsed& record) {
  return record.kind == "answer" || record.kind == kPageKind;
}

std::vector<Head> heads_in(const Parsed& begin) {
  std::vector<Head> heads;
  const Value* before = begin.fields.find("before");
  const auto* all = before == nullptr ? nullptr : before->as_array();
  if (all == nullptr) return heads;
  for (const auto& each : *all)
    heads.push_back(
        {string_at(each, "/chain"), unsigned_at(each, "/seq"), string_at(each, "/hash")});
  return heads;
}

std::optional<OpenedTexts> open_texts(std::string_view line) {
  auto value = text::parse_json(line);
  if (!value || value->as_map() == nullptr) return std::nullopt;
  const auto salt = hex_decode(string_at(*value, "/salt"));
  if (!salt || salt->size() != kSaltBytes) return std::nullopt;
  OpenedTexts opened;
  if (string_at(*value, "/kind") == kPageKind) return open_page_texts(*salt, std::move(*value));
  if (const auto user = text::string_at(*value, "/user")) {
    std::optional<std::string> system;
    if (const auto told = text::string_at(*value, "/system")) system = std::string(*told);
    std::vector<std::string> images;
    const Value* hashes = value->find("images");
    if (const auto* all = hashes == nullptr ? nullptr : hashes->as_array())
      for (const auto& each : *all) images.emplace_back(each.as_string().value_or(""));
    opened.prompt = hmac_sha256(*salt, prompt_bytes(system, *user, images));
  }
  if (const auto answer = text::string_at(*value, "/answer"))
    opened.answer = hmac_sha256(*salt, *answer);
  opened.fields = std::move(*value);
  return opened;
}

}  // namespace gvm::audit
