#pragma once
// Owners of libcurl's handles. Internal to net/.
#include <curl/curl.h>

#include <memory>
#include <stdexcept>
#include <string>

namespace gvm::net {

template <auto Free>
struct CurlFree {
  template <class T>
  void operator()(T* handle) const {
    Free(handle);
  }
};

using EasyHandle = std::unique_ptr<CURL, CurlFree<curl_easy_cleanup>>;
using MultiHandle = std::unique_ptr<CURLM, CurlFree<curl_multi_cleanup>>;
using ShareHandle = std::unique_ptr<CURLSH, CurlFree<curl_share_cleanup>>;
using UrlHandle = std::unique_ptr<CURLU, CurlFree<curl_url_cleanup>>;
using CurlText = std::unique_ptr<char, CurlFree<curl_free>>;

// Throws when a handle cannot be made: the start then fails.
template <class Handle>
Handle made(Handle handle, const char* what) {
  if (handle == nullptr) throw std::runtime_error(std::string("libcurl: cannot make ") + what);
  return handle;
}

// Throws for an option that this libcurl does not know, or a value that it refuses: a bug in this
// folder, or no memory is left.
template <class T>
void set_option(const EasyHandle& handle, CURLoption option, T value) {
  const CURLcode code = curl_easy_setopt(handle.get(), option, value);
  if (code != CURLE_OK)
    throw std::runtime_error(std::string("libcurl: ") + curl_easy_strerror(code));
}

template <class T>
void set_option(const MultiHandle& handle, CURLMoption option, T value) {
  const CURLMcode code = curl_multi_setopt(handle.get(), option, value);
  if (code != CURLM_OK)
    throw std::runtime_error(std::string("libcurl: ") + curl_multi_strerror(code));
}

}  // namespace gvm::net
