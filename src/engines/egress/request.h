#pragma once
// A parsed request head of the browser, with the bytes received after it. Internal to egress/.
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>

#include "egress/connection.h"

namespace gvm::egress {

namespace beast = boost::beast;
namespace http = beast::http;

struct Connection::Request {
  beast::flat_buffer buffer;
  http::request_parser<http::buffer_body> parser;
};

inline std::string_view view_of(beast::string_view text) {
  return {text.data(), text.size()};
}

}  // namespace gvm::egress
