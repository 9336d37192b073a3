#pragma once
namespace gvm::net {

enum class HttpVersion {
  best,   // HTTP/2 where the server offers it
  http1,  // never HTTP/2
};

}  // namespace gvm::net
