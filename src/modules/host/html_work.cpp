#include "host/html_work.h"

#include "host/html_read_limits.h"
#include "html/codes.h"

namespace gvm::host {

bool is_short(const html::Document& document, html::NodeId id, LongWork::Patience patience) {
  const HtmlReadLimits limits;
  const bool patient = patience == LongWork::Patience::much;
  return document.weight(id) <= (patient ? limits.weight_unwaited : limits.weight);
}

html::Limits limits_on_lane(const html::Document& document, LongWork::Patience patience) {
  const HtmlReadLimits limits;
  const bool patient = patience == LongWork::Patience::much;
  html::Limits out = document.limits();
  out.steps = patient ? limits.steps_unwaited : limits.steps;
  out.table_cells = patient ? limits.cells_unwaited : limits.cells;
  out.output_bytes = limits.output_bytes;
  return out;
}

std::optional<Result<Value>> unless_too_complex(Result<Value> result) {
  if (!result && result.error().code() == codes::kDocumentTooComplex) return std::nullopt;
  return result;
}

}  // namespace gvm::host
