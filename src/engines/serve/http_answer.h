#pragma once
// What a plain HTTP request is answered with.
#include <string>
#include <string_view>

namespace gvm::serve {

struct HttpAnswer {
  unsigned status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::string extra_headers;  // whole lines, e.g. "Allow: GET\r\n"
};

// {"error": sentence}
HttpAnswer http_error(unsigned status, std::string_view sentence);

}  // namespace gvm::serve
