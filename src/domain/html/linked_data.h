#pragma once
// The JSON-LD of a page as one graph: its objects wherever they are nested, found again by the
// `@id` that others refer to them by. Bounded; knows no HTML.
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/value.h"

namespace gvm::html {

class LinkedData {
 public:
  // `scripts` must outlive this.
  explicit LinkedData(const Value::Array& scripts);

  // The strings of the field `name`, of articles first, then of pages, then of any object: itself,
  // or the name of the objects it holds or refers to, joined by ", ". Empty when none has it.
  std::string field(std::string_view name) const;
  // The name of the first object of this type, "" when there is none.
  std::string name_of_type(std::string_view type) const;

 private:
  struct Object {
    const Value* value;
    int rank;  // 0 article, 1 page, 2 any other
  };
  void collect(const Value& value, int depth);
  const Value* resolved(const Value& value) const;
  std::string text_of(const Value& value, int depth) const;

  std::vector<Object> objects_;  // in document order
  std::unordered_map<std::string_view, const Value*> by_id_;
};

}  // namespace gvm::html
