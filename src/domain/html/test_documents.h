#pragma once
// For the tests of html/: a document from text, or a failure.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "html/document.h"
#include "html/selector.h"
#include "html/visible_text.h"

namespace gvm::html {

inline std::shared_ptr<const Document> parsed(std::string_view html, std::string_view at = {}) {
  const auto url = url::parse(at);
  auto document = Document::parse(html, url ? &*url : nullptr);
  EXPECT_TRUE(document) << document.error().to_string();
  return document ? *document : nullptr;
}

inline std::string text_of(std::string_view html) {
  const auto document = parsed(html);
  return visible_text(*document, document->body());
}

inline std::string repeated(std::string_view part, std::size_t times) {
  std::string out;
  out.reserve(part.size() * times);
  for (std::size_t i = 0; i < times; ++i) out += part;
  return out;
}

}  // namespace gvm::html
