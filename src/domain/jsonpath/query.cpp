#include "jsonpath/query.h"

#include <utility>

#include "base/encoding.h"
#include "jsonpath/ast.h"
#include "jsonpath/codes.h"
#include "jsonpath/parser.h"
#include "jsonpath/run.h"

namespace gvm::jsonpath {
namespace {

std::unexpected<Error> refuse(std::size_t at, const std::string& expected) {
  const std::string position = std::to_string(at + 1);
  return fail(Error(codes::kBadJsonPath, Fatality::user,
                    "the JSON path is wrong at byte " + position + ": expected " + expected)
                  .with("position", Value::integer(Integer::from_u64(at + 1)))
                  .with("expected", Value::string(expected)));
}

}  // namespace

Result<Query> Query::compile(std::string_view text, const Limits& limits) {
  if (text.size() > limits.query_bytes)
    return refuse(limits.query_bytes, "at most " + std::to_string(limits.query_bytes) + " bytes");
  if (!is_valid_utf8(text)) return refuse(0, "UTF-8");
  Parser parser(text, limits);
  auto ast = std::make_shared<Ast>(parser.query());
  const Scanner& scanner = parser.scanner();
  if (scanner.failed()) return refuse(scanner.position(), scanner.expected());
  return Query(std::move(ast), limits);
}

Result<std::vector<const Value*>> Query::run(const Value& root) const {
  Run run(root, limits_);
  auto nodes = run.select(*ast_, root);
  if (const auto limit = run.exceeded()) {
    return fail(Error(codes::kJsonPathTooComplex, Fatality::user,
                      "the JSON path selects or visits more than it may")
                    .with("limit", Value::string(std::string(limit->first)))
                    .with("maximum", Value::integer(Integer::from_u64(limit->second))));
  }
  return nodes;
}

}  // namespace gvm::jsonpath
