#pragma once
// The form that answers must have: a JSON Schema, as written in the file and compiled.
#include <memory>

#include "base/value.h"
#include "json_schema/schema.h"

namespace gvm::config {

struct JsonForm {
  Value schema;                                         // null: any form
  std::shared_ptr<const json_schema::Schema> compiled;  // null with it
};

}  // namespace gvm::config
