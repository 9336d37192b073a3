#include "web/audited_page.h"

#include <chrono>
#include <utility>

#include "audit/hash.h"
#include "base/encoding.h"
#include "base/error_codes.h"
#include "base/json.h"
#include "url/url.h"

namespace gvm::web {
namespace {

constexpr std::size_t kNameBytes = 16;  // of a session's name

std::int64_t now_ms() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

std::string text_of(const Value* value) {
  if (value == nullptr || value->is_null()) return {};
  if (const auto text = value->as_string()) return std::string(*text);
  return json::write(*value);
}

std::string contract_of(const envelope::Hello& hello) {
  const Value* data = hello.fields.find("host_data");
  return data == nullptr ? std::string() : text_of(data->find("contract_address"));
}

// An address that cannot be read may hold credentials at any place.
std::string without_credentials(std::string_view text) {
  const auto url = url::parse(text);
  return url ? url->without_credentials() : std::string();
}

int status_in(const Value& fields) {
  const Value* status = fields.find("status");
  const Integer* number = status == nullptr ? nullptr : status->as_integer();
  return number == nullptr ? 0 : static_cast<int>(number->to_i64().value_or(0));
}

// The text, the picture or the body.
std::optional<std::string> content_of(const Value& answer) {
  for (const auto* name : {"text", "image", "body"}) {
    const Value* field = answer.find(name);
    if (field == nullptr) continue;
    if (const auto bytes = field->as_bytes()) return std::string(*bytes);
    if (const auto text = field->as_string()) return std::string(*text);
  }
  return std::nullopt;
}

void describe(const envelope::RenderRequest& request, audit::Page& page) {
  page.entry = "Render";
  page.form = envelope::render_mode_name(request.mode);
  page.url = without_credentials(request.url.view());
}

void describe(const envelope::WebRequest& request, audit::Page& page) {
  page.entry = "Request";
  page.form = envelope::web_method_name(request.method);
  page.url = without_credentials(request.url.view());
  if (request.body) page.body = std::string(request.body->view());
}

}  // namespace

Audit::Audit(std::shared_ptr<audit::Log> to, std::shared_ptr<guarded::SessionGuards> by,
             const envelope::Hello& hello)
    : log(std::move(to)), guards(std::move(by)) {
  if (log == nullptr) return;
  subject.session = hex_encode(audit::random_bytes(kNameBytes));
  subject.node = hello.node_address;
  subject.tx = hello.tx_id;
  subject.contract = contract_of(hello);
}

AuditedPage::AuditedPage(const Audit& audit, const envelope::AnyWebRequest& request)
    : log_(audit.log) {
  if (log_ == nullptr) return;
  guards_ = audit.guards;
  static_cast<audit::Subject&>(record_) = audit.subject;
  std::visit([this](const auto& each) { describe(each, record_); }, request);
}

AuditedPage::~AuditedPage() {
  if (log_ == nullptr) return;
  record_.outcome = std::string(codes::kCancelled);
  add();
}

Result<void> AuditedPage::ready() {
  if (log_ == nullptr) return {};
  auto ready = log_->ready();
  if (!ready) log_ = nullptr;
  return ready;
}

void AuditedPage::ends(const Result<Value>& answer) {
  if (log_ == nullptr) return;
  if (answer) {
    const Value* response = answer->find("response");
    const Value& fields = response == nullptr ? *answer : *response;
    record_.status = status_in(fields);
    record_.answer = content_of(fields);
  } else {
    const auto& error = answer.error();
    record_.outcome = std::string(error.code());
    record_.status = status_in(error.ctx());
    const auto moderator = text_of(error.ctx().find("moderator"));
    if (!moderator.empty()) record_.rules.push_back("moderator " + moderator);
  }
  add();
}

void AuditedPage::add() {
  record_.at_ms = now_ms();
  if (guards_)
    for (auto& rule : guards_->take_fired()) record_.rules.push_back(std::move(rule));
  std::exchange(log_, nullptr)->add(std::move(record_));
}

}  // namespace gvm::web
