#include "store/sqlite/journal_record.h"

#include "store/codes.h"
#include "store/sqlite/packing.h"

namespace gvm::store::sqlite {
namespace {

enum class Kind : std::uint8_t { reserve = 1, settle = 2, release = 3 };
constexpr std::size_t kLargestBody = 1 << 20;

void pack(Packer& out, const Amounts& amounts) {
  out.number(amounts.nano_usd);
  out.number(amounts.tokens);
  out.number(amounts.requests);
  out.integer(amounts.gen);
}

Amounts unpack_amounts(Unpacker& in) {
  Amounts amounts;
  amounts.nano_usd = in.number<std::int64_t>();
  amounts.tokens = in.number<std::int64_t>();
  amounts.requests = in.number<std::int64_t>();
  amounts.gen = in.integer();
  return amounts;
}

template <class Body>
void write_framed(std::string& out, Kind kind, Body&& body) {
  const auto head = out.size();
  out.append(kRecordHead, '\0');
  Packer packer(out);
  packer.number(kind);
  body(packer);
  const auto text = std::string_view(out).substr(head + kRecordHead);
  const auto size = static_cast<std::uint32_t>(text.size());
  const auto sum = checksum(text);
  std::memcpy(out.data() + head, &size, sizeof size);
  std::memcpy(out.data() + head + sizeof size, &sum, sizeof sum);
}

ReservedCall unpack_held(Unpacker& in) {
  ReservedCall reserved;
  reserved.number = in.number<std::uint64_t>();
  reserved.made_ms = in.number<std::int64_t>();
  reserved.worst = unpack_amounts(in);
  auto& info = reserved.info;
  for (auto* text : {&info.backend, &info.model, &info.key_id, &info.session, &info.node, &info.tx,
                     &info.contract})
    *text = in.text();
  const auto count = in.number<std::uint32_t>();
  for (std::uint32_t i = 0; i < count && in.ok(); ++i) {
    auto budget = std::make_shared<Budget>();
    budget->name = in.text();
    budget->period.span = static_cast<Span>(in.number<std::uint8_t>());
    budget->period.rhythm = static_cast<Rhythm>(in.number<std::uint8_t>());
    budget->unit = static_cast<Unit>(in.number<std::uint8_t>());
    ReservedCharge charge{.budget = std::move(budget), .scope = in.text(), .bucket = 0};
    charge.bucket = in.number<std::int64_t>();
    reserved.charges.push_back(std::move(charge));
  }
  return reserved;
}

SettleRecord unpack_settle(Unpacker& in) {
  SettleRecord record;
  record.number = in.number<std::uint64_t>();
  record.settled_ms = in.number<std::int64_t>();
  record.settlement.actual = unpack_amounts(in);
  record.settlement.error = in.text();
  record.settlement.record_id = in.text();
  record.settlement.flags = in.number<std::uint32_t>();
  return record;
}

// Empty when `body` is not a record; the record is then damaged.
std::optional<JournalRecord> unpack_record(std::string_view body) {
  Unpacker in(body);
  std::optional<JournalRecord> record;
  switch (in.number<Kind>()) {
    case Kind::reserve:
      record = unpack_held(in);
      break;
    case Kind::settle:
      record = unpack_settle(in);
      break;
    case Kind::release:
      record = ReleaseRecord{in.number<std::uint64_t>()};
      break;
  }
  if (!in.ok() || !in.at_end()) return std::nullopt;
  return record;
}

// The body of a whole record at `at`; empty when there is none.
std::optional<std::string_view> body_at(std::string_view bytes, std::size_t at) {
  Unpacker head(bytes.substr(at));
  const auto size = head.number<std::uint32_t>();
  const auto sum = head.number<std::uint64_t>();
  if (!head.ok() || size == 0 || size > kLargestBody) return std::nullopt;
  if (bytes.size() - at - kRecordHead < size) return std::nullopt;
  const auto body = bytes.substr(at + kRecordHead, size);
  if (checksum(body) != sum) return std::nullopt;
  return body;
}

bool whole_record_after(std::string_view bytes, std::size_t from) {
  for (auto at = from; at + kRecordHead < bytes.size(); ++at) {
    if (body_at(bytes, at)) return true;
  }
  return false;
}

}  // namespace

void write_record(std::string& out, const ReservedCall& reserved) {
  write_framed(out, Kind::reserve, [&](Packer& body) {
    body.number(reserved.number);
    body.number(reserved.made_ms);
    pack(body, reserved.worst);
    const auto& info = reserved.info;
    for (const auto* text : {&info.backend, &info.model, &info.key_id, &info.session, &info.node,
                             &info.tx, &info.contract})
      body.text(*text);
    body.number(static_cast<std::uint32_t>(reserved.charges.size()));
    for (const auto& charge : reserved.charges) {
      body.text(charge.budget->name);
      body.number(charge.budget->period.span);
      body.number(charge.budget->period.rhythm);
      body.number(charge.budget->unit);
      body.text(charge.scope);
      body.number(charge.bucket);
    }
  });
}

void write_record(std::string& out, const SettleRecord& record) {
  write_framed(out, Kind::settle, [&](Packer& body) {
    body.number(record.number);
    body.number(record.settled_ms);
    pack(body, record.settlement.actual);
    body.text(record.settlement.error);
    body.text(record.settlement.record_id);
    body.number(record.settlement.flags);
  });
}

void write_record(std::string& out, const ReleaseRecord& record) {
  write_framed(out, Kind::release, [&](Packer& body) { body.number(record.number); });
}

Result<SegmentContent> read_segment(std::string_view bytes, std::string_view name) {
  SegmentContent content;
  const auto head = kSegmentMagic.substr(0, kSegmentMagic.size() - 1);
  if (bytes.size() < kSegmentMagic.size()) {  // cut off while the file was created
    content.torn_bytes = bytes.size();
    return content;
  }
  if (!bytes.starts_with(head))
    return fail(codes::kLedgerCorrupt, Fatality::fatal, std::string(name) + " is no journal");
  if (bytes[head.size()] != kSegmentMagic.back())
    return fail(codes::kLedgerNewerSchema, Fatality::fatal,
                std::string(name) + " was written by another version of the modules");
  auto at = kSegmentMagic.size();
  while (at < bytes.size()) {
    const auto body = body_at(bytes, at);
    auto record = body ? unpack_record(*body) : std::nullopt;
    if (!record) break;
    content.records.push_back(std::move(*record));
    at += kRecordHead + body->size();
  }
  content.torn_bytes = bytes.size() - at;
  if (content.torn_bytes > 0 && whole_record_after(bytes, at + 1))
    return fail(codes::kLedgerCorrupt, Fatality::fatal,
                std::string(name) + " is damaged at byte " + std::to_string(at) +
                    ", before its end: move it away to start without what it holds");
  return content;
}

}  // namespace gvm::store::sqlite
