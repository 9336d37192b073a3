#include "store/charges_text.h"

#include "base/json_writer.h"
#include "store/codes.h"
#include "text/json.h"

namespace gvm::store {
namespace {

std::optional<ReservedCharge> charge_of(const Value& value) {
  const auto* const parts = value.as_array();
  if (parts == nullptr || parts->size() != 5) return std::nullopt;
  const auto name = (*parts)[0].as_string();
  const auto period_name = (*parts)[1].as_string();
  const auto unit_text = (*parts)[2].as_string();
  const auto scope = (*parts)[3].as_string();
  const auto* const bucket = (*parts)[4].as_integer();
  if (!name || !period_name || !unit_text || !scope || bucket == nullptr) return std::nullopt;
  const auto period = Period::parse(*period_name);
  const auto unit = parse_unit(*unit_text);
  const auto start = bucket->to_i64();
  if (!period || !unit || !start) return std::nullopt;
  auto budget = std::make_shared<Budget>();
  budget->name = *name;
  budget->period = *period;
  budget->unit = *unit;
  return ReservedCharge{std::move(budget), std::string(*scope), *start};
}

}  // namespace

std::string write_charges(const std::vector<ReservedCharge>& charges) {
  std::string out;
  json::Writer writer(out);
  writer.begin_array();
  for (const auto& charge : charges) {
    if (charge.budget->period.is_session()) continue;
    writer.begin_array();
    writer.string(charge.budget->name);
    writer.string(charge.budget->period.name());
    writer.string(unit_name(charge.budget->unit));
    writer.string(charge.scope);
    writer.number(charge.bucket);
    writer.end_array();
  }
  writer.end_array();
  return out;
}

Result<std::vector<ReservedCharge>> read_charges(std::string_view text) {
  const auto parsed = text::parse_json(text);
  const auto* const items = parsed ? parsed->as_array() : nullptr;
  const auto corrupt = [] {
    return fail(codes::kLedgerCorrupt, Fatality::fatal, "the charges of a call cannot be read");
  };
  if (items == nullptr) return corrupt();
  std::vector<ReservedCharge> charges;
  for (const auto& item : *items) {
    auto charge = charge_of(item);
    if (!charge) return corrupt();
    charges.push_back(std::move(*charge));
  }
  return charges;
}

}  // namespace gvm::store
