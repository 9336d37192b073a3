#include "host/arguments.h"
#include "host/functions.h"
#include "host/piecewise.h"
#include "url/url.h"

namespace gvm::host {

namespace {

using script::Session;

Result<Value> split_url(Session&, Args& args) {
  const auto text = Arguments("lib.rs.split_url", args).bytes(0, "url");
  if (!text) return fail(text.error());
  const auto url = url::parse(*text);
  if (!url) return Value::null();
  Value parts = Value::object({{"schema", Value::string(std::string(url->scheme()))},
                               {"host", Value::string(std::string(url->hostname()))}});
  if (url->port()) parts.as_map()->set("port", Value::integer(*url->port()));
  return parts;
}

// URL Standard, "application/x-www-form-urlencoded percent-encode set": alphanumerics and *-._
// stay.
bool stays(char c) {
  const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  return letter || (c >= '0' && c <= '9') || c == '*' || c == '-' || c == '.' || c == '_';
}

class UrlEncodeTask {
 public:
  explicit UrlEncodeTask(std::string_view text) { out_.reserve(text.size()); }
  bool take(std::string_view piece, bool) {
    constexpr std::string_view kHex = "0123456789ABCDEF";
    for (const char c : piece) {
      if (stays(c)) {
        out_ += c;
      } else if (c == ' ') {
        out_ += '+';
      } else {
        const auto byte = static_cast<unsigned char>(c);
        out_ += {'%', kHex[byte >> 4U], kHex[byte & 0xFU]};
      }
    }
    return true;
  }
  Result<Value> finish() { return Value::string(std::move(out_)); }
  std::size_t bytes() const { return out_.capacity(); }

 private:
  std::string out_;
};

}  // namespace

void add_url_functions(script::HostTable& table) {
  table.functions.push_back(
      {kCommonLibrary, "split_url",
       "fun(url: string): {schema: string, host: string, port: integer|nil}|nil",
       "The parts of an absolute URL by the URL Standard, or nil when it is none. `host` is "
       "normalised (\"\" when the URL has none); a scheme's default port is nil.",
       split_url});
  table.functions.push_back(
      {kCommonLibrary, "url_encode", "fun(text: string): string",
       "Text for a form or a query (application/x-www-form-urlencoded): a space becomes `+`.",
       piecewise<UrlEncodeTask>("lib.rs.url_encode", "text")});
}

}  // namespace gvm::host
