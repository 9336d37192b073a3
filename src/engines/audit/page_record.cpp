#include "audit/page_record.h"

#include "audit/hash.h"
#include "audit/record_line.h"
#include "text/json_view.h"

namespace gvm::audit {
namespace {

bool is_kept_as_text(std::string_view content) {
  return content.size() <= kMostKeptBytes && is_valid_utf8(content);
}

// What a body or an answer is hashed as.
std::string text_part(std::string_view text) {
  std::string part;
  add_part(part, 't', text);
  return part;
}
std::string hash_part(std::string_view hash) {
  std::string part;
  add_part(part, 'i', hash);
  return part;
}

// The member that a content is kept as, by the name of that content.
constexpr std::string_view kHashed = "_sha256";

class Sealing {
 public:
  Sealing(const Page& page, std::uint64_t seq) : salt_(random_bytes(kSaltBytes)), out_(line_) {
    out_.begin_object();
    out_.key("seq");
    out_.number(seq);
    text("tx", cut(page.tx));
    text("salt", hex_encode(salt_));
    text("kind", kPageKind);
  }

  std::string url(std::string_view address, bool keeps) {
    const auto valid = to_valid_utf8(address);
    if (keeps) text("url", valid);
    return hmac_sha256(salt_, valid);
  }

  std::string content(const std::string& name, const std::optional<std::string>& content,
                      bool keeps) {
    if (!content) return {};
    if (is_kept_as_text(*content)) {
      if (keeps) text(name, *content);
      return hmac_sha256(salt_, text_part(*content));
    }
    const auto hash = sha256(*content);
    if (keeps) text(name + std::string(kHashed), hash);
    return hmac_sha256(salt_, hash_part(hash));
  }

  std::string take() {
    out_.end_object();
    return std::move(line_);
  }

 private:
  void text(std::string_view key, std::string_view value) {
    out_.key(key);
    out_.string(value);
  }

  std::string salt_;
  std::string line_;
  json::Writer out_;
};

std::string opened(std::string_view salt, const Value& fields, const std::string& name) {
  if (const auto text = text::string_at(fields, "/" + name))
    return hmac_sha256(salt, text_part(*text));
  if (const auto hash = text::string_at(fields, "/" + name + std::string(kHashed)))
    return hmac_sha256(salt, hash_part(*hash));
  return {};
}

}  // namespace

SealedTexts seal(const Page& page, std::uint64_t seq, Keep keep) {
  Sealing sealing(page, seq);
  SealedTexts sealed;
  sealed.url = sealing.url(page.url, keeps_asked(keep));
  sealed.prompt = sealing.content("body", page.body, keeps_asked(keep));
  sealed.answer = sealing.content("answer", page.answer, keeps_answers(keep));
  sealed.line = sealing.take();
  return sealed;
}

std::string page_line(const Link& link, const Page& page, const SealedTexts& sealed) {
  Line line(link, page.at_ms, kPageKind);
  line.subject(page);
  line.text("entry", cut(page.entry));
  line.text("form", cut(page.form));
  line.number("status", page.status);
  line.text("outcome", cut(page.outcome));
  line.rules(page);
  line.text("url", sealed.url);
  line.text("body", sealed.prompt);
  line.text("answer", sealed.answer);
  return line.take();
}

OpenedTexts open_page_texts(std::string_view salt, Value fields) {
  OpenedTexts texts;
  if (const auto url = text::string_at(fields, "/url")) texts.url = hmac_sha256(salt, *url);
  texts.prompt = opened(salt, fields, "body");
  texts.answer = opened(salt, fields, "answer");
  texts.fields = std::move(fields);
  return texts;
}

std::size_t bytes_of(const Entry& entry) {
  if (const auto* answer = std::get_if<Answer>(&entry)) return answer->texts.bytes();
  const auto& page = std::get<Page>(entry);
  return page.url.size() + (page.body ? page.body->size() : 0) +
         (page.answer ? page.answer->size() : 0);
}

SealedTexts seal(const Entry& entry, std::uint64_t seq, Keep keep) {
  return std::visit([&](const auto& each) { return seal(each, seq, keep); }, entry);
}

std::string line_of(const Link& link, const Entry& entry, const SealedTexts& sealed) {
  if (const auto* answer = std::get_if<Answer>(&entry)) return answer_line(link, *answer, sealed);
  return page_line(link, std::get<Page>(entry), sealed);
}

}  // namespace gvm::audit
