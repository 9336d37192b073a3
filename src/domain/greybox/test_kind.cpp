#include "greybox/test_kind.h"

namespace gvm::greybox {

config::GreyboxPhrasing phrasing_of(std::string system, std::vector<std::string> sections) {
  config::GreyboxPhrasing phrasing;
  const auto compile = [&](const std::string& text) {
    auto compiled = config::RuntimeTemplate::compile(text, config::Malformed::refuse).value();
    for (const auto& name : compiled.names())
      phrasing.delimited = phrasing.delimited || name == "open" || name == "close";
    return compiled;
  };
  phrasing.compiled_system = compile(system);
  for (const auto& section : sections) phrasing.compiled_sections.push_back(compile(section));
  phrasing.system = std::move(system);
  phrasing.sections = std::move(sections);
  return phrasing;
}

config::GreyboxKind kind_with_everything() {
  config::GreyboxKind kind;
  kind.models = {{"a", "", "", 1}};
  kind.pool = {{"a", "m", 6}, {"b", "m", 3}, {"c", "m", 1}};
  kind.temperature = {0.2, 0.9};
  kind.top_p = {0.8, 1.0};
  kind.provider_seed = {10, 1'000'000};
  kind.phrasings = {phrasing_of("", {"#{prompt}"}),
                    phrasing_of("", {"one", "two", "#{open}#{prompt}#{close}"})};
  kind.phrasings[1].shuffle = true;
  kind.delimiters = {{1, "<<#{random}>>", "<</#{random}>>"}, {1, "[[[", "]]]"}};
  kind.filters = {{"NFKC", 0.5}, {"RmBidi", 0.5}, {"NormalizeWS", 0.5}};
  kind.image_filters = {{Value::string("Grayscale"), 0.5, ""},
                        {Value::string("StripMetadata"), 1, ""}};
  return kind;
}

}  // namespace gvm::greybox
