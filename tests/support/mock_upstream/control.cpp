#include "support/mock_upstream/control.h"

#include "base/json.h"
#include "support/mock_upstream/server.h"

namespace gvm::mock {
namespace {

constexpr int kOk = 200;
constexpr int kBadRequest = 400;
constexpr int kNotFound = 404;

Work said(int status, std::string_view name, Value value) {
  return plain_work(status, json::write(Value::fields(name, std::move(value))) + "\n");
}

Work set_script(MockUpstream& upstream, const std::string& body) {
  const auto done = upstream.set_script(body);
  if (!done) return said(kBadRequest, "error", Value::string(done.error().to_string()));
  return said(kOk, "ok", Value::boolean(true));
}

Work list_calls(const MockUpstream& upstream) {
  Value::Array rows;
  for (const auto& call : upstream.calls()) rows.push_back(to_value(call));
  return said(kOk, "calls", Value::array(std::move(rows)));
}

}  // namespace

Work control(MockUpstream& upstream, const HttpRequest& request) {
  const std::string_view target = request.target;
  const auto query = target.find('?');
  const std::string asked =
      request.method + " " + std::string(target.substr(0, query).substr(kControlPath.size()));
  const bool sums_only = query != target.npos && target.substr(query) == "?rows=0";
  if (asked == "GET bill")
    return plain_work(kOk, json::write(to_value(upstream.bill(), !sums_only)) + "\n");
  if (asked == "GET stats") return plain_work(kOk, json::write(to_value(upstream.stats())) + "\n");
  if (asked == "GET calls") return list_calls(upstream);
  if (asked == "POST rules") return set_script(upstream, request.body);
  if (asked == "POST reset") {
    upstream.reset();
    return said(kOk, "ok", Value::boolean(true));
  }
  if (asked == "POST close-idle") {
    const auto closed = upstream.close_idle_connections();
    return said(kOk, "closed", Value::integer(Integer::from_u64(closed)));
  }
  return said(kNotFound, "error",
              Value::string("there are GET bill, GET stats, GET calls, POST rules, POST reset and "
                            "POST close-idle"));
}

}  // namespace gvm::mock
