#include "html/metadata.h"

#include <algorithm>
#include <array>
#include <initializer_list>

#include "base/ascii.h"
#include "base/encoding.h"
#include "html/visible_text.h"
#include "text/json.h"

namespace gvm::html {

namespace {

constexpr std::size_t kMostNames = 512;       // of <meta>
constexpr std::size_t kMostJsonLd = 64;       // scripts
constexpr std::size_t kLongestValue = 16384;  // bytes of one field

std::string bounded_line(std::string_view text) {
  // A cut inside a character is repaired.
  return one_line(to_valid_utf8(text.substr(0, kLongestValue)));
}

class Reader {
 public:
  explicit Reader(const Document& document) : document_(document) {}

  Value read() {
    for (NodeId id = 0; id < document_.size(); ++id) {
      switch (document_.tag(id)) {
        case Tag::meta:
          meta(id);
          break;
        case Tag::link:
          link(id);
          break;
        case Tag::script:
          script(id);
          break;
        case Tag::html:
          set("language", attribute(id, "lang"));
          break;
        case Tag::time:
          time(id);
          break;
        default:
          break;
      }
    }
    fill();
    return Value::map(std::move(out_));
  }

 private:
  std::string attribute(NodeId id, std::string_view name) const {
    return bounded_line(document_.attribute(id, name).value_or(std::string_view()));
  }

  void set(std::string_view field, const std::string& value) {
    if (!value.empty() && out_.find(field) == nullptr) out_.set(field, Value::string(value));
  }

  void add(Value::Map& map, const std::string& name, const std::string& value) {
    if (name.empty() || value.empty() || map.size() >= kMostNames) return;
    if (map.find(name) == nullptr) map.set(name, Value::string(value));
  }

  void meta(NodeId id) {
    const std::string content = attribute(id, "content");
    // Facebook asks for property=, others for name=; pages use either for both.
    const std::string property = lowered(attribute(id, "property"));
    const std::string name = lowered(attribute(id, "name"));
    for (const std::string* key : {&property, &name}) {
      if (key->starts_with("og:")) add(open_graph_, key->substr(3), content);
      if (key->starts_with("twitter:")) add(twitter_, key->substr(8), content);
      if (key->starts_with("article:")) add(article_, key->substr(8), content);
    }
    if (!name.starts_with("og:") && !name.starts_with("twitter:")) add(meta_, name, content);
    const std::string item = attribute(id, "itemprop");
    if (item == "datePublished") set("published", content);
    if (item == "dateModified") set("modified", content);
    if (lowered(attribute(id, "http-equiv")) == "content-language") language_ = content;
  }

  void link(NodeId id) {
    const std::string rel = lowered(attribute(id, "rel"));
    if ((" " + rel + " ").find(" canonical ") == std::string::npos) return;
    set("canonical", absolute(attribute(id, "href")));
  }

  std::string absolute(const std::string& reference) const {
    if (reference.empty()) return reference;
    const auto url = document_.resolve(reference);
    return url ? std::string(url->href()) : reference;
  }

  void script(NodeId id) {
    if (!lowered(attribute(id, "type")).starts_with("application/ld+json")) return;
    if (json_ld_.size() >= kMostJsonLd) return;
    auto value = text::parse_json(without_wrappers(document_.text_content(id)));
    if (value) json_ld_.push_back(std::move(*value));
  }

  // Some pages put it into a comment or CDATA, for browsers of long ago.
  static std::string without_wrappers(std::string text) {
    constexpr std::array<std::string_view, 4> kWrappers = {"<!--", "-->", "//<![CDATA[", "//]]>"};
    for (const std::string_view wrapper : kWrappers) {
      if (const auto at = text.find(wrapper); at != std::string::npos) {
        text.replace(at, wrapper.size(), wrapper.size(), ' ');
      }
    }
    return text;
  }

  void time(NodeId id) {
    const std::string when = attribute(id, "datetime");
    const std::string item = attribute(id, "itemprop");
    const bool published = document_.attribute(id, "pubdate") || item == "datePublished";
    if (published) set("published", when);
    if (item == "dateModified") set("modified", when);
    if (first_time_.empty()) first_time_ = when;
  }

  // The string `name` of the first JSON-LD object that has it, in lists and @graph too.
  std::string from_json_ld(std::string_view name) const {
    for (const Value& value : json_ld_) {
      if (auto found = string_in(value, name); !found.empty()) return found;
      if (const Value* graph = value.find("@graph")) {
        if (auto found = string_in(*graph, name); !found.empty()) return found;
      }
    }
    return {};
  }

  static std::string string_in(const Value& value, std::string_view name) {
    if (const auto* items = value.as_array()) {
      for (const Value& item : *items) {
        if (item.as_map() == nullptr) continue;
        if (auto found = string_in(item, name); !found.empty()) return found;
      }
      return {};
    }
    const Value* field = value.find(name);
    if (field != nullptr && field->as_array() != nullptr && !field->as_array()->empty()) {
      field = field->as_array()->data();
    }
    if (field != nullptr && field->as_map() != nullptr) field = field->find("name");
    if (field == nullptr || !field->as_string()) return {};
    return bounded_line(*field->as_string());
  }

  std::string of(const Value::Map& map, std::initializer_list<std::string_view> names) const {
    for (const std::string_view name : names) {
      if (const Value* value = map.find(name)) return std::string(*value->as_string());
    }
    return {};
  }

  // A value that several places may give, the most reliable one first.
  void fill() {
    set("title", title(document_));
    set("description", of(meta_, {"description"}));
    set("description", of(open_graph_, {"description"}));
    set("description", of(twitter_, {"description"}));
    set("language", language_);
    set("language", of(open_graph_, {"locale"}));
    set("canonical", absolute(of(open_graph_, {"url"})));
    set("image", absolute(of(open_graph_, {"image", "image:url"})));
    set("image", absolute(of(twitter_, {"image"})));
    set("author", of(meta_, {"author"}));
    set("author", of(article_, {"author"}));
    set("author", from_json_ld("author"));
    set("site_name", of(open_graph_, {"site_name"}));
    set("published", of(article_, {"published_time"}));
    set("published", from_json_ld("datePublished"));
    set("published", of(meta_, {"date", "pubdate", "publish-date", "dc.date", "dc.date.issued",
                                "dcterms.date", "citation_publication_date"}));
    set("published", first_time_);
    set("modified", of(article_, {"modified_time"}));
    set("modified", of(open_graph_, {"updated_time"}));
    set("modified", from_json_ld("dateModified"));
    set("modified", of(meta_, {"last-modified", "dcterms.modified", "dc.date.modified"}));
    keywords(of(meta_, {"keywords"}));
    out_.set("meta", Value::map(std::move(meta_)));
    out_.set("open_graph", Value::map(std::move(open_graph_)));
    out_.set("twitter", Value::map(std::move(twitter_)));
    out_.set("json_ld", Value::array(std::move(json_ld_)));
  }

  void keywords(const std::string& text) {
    Value::Array words;
    for (std::size_t begin = 0; begin < text.size();) {
      const std::size_t end = std::min(text.find(',', begin), text.size());
      const std::string word = one_line(std::string_view(text).substr(begin, end - begin));
      if (!word.empty()) words.push_back(Value::string(word));
      begin = end + 1;
    }
    out_.set("keywords", Value::array(std::move(words)));
  }

  const Document& document_;
  Value::Map out_;
  Value::Map meta_;
  Value::Map open_graph_;
  Value::Map twitter_;
  Value::Map article_;
  Value::Array json_ld_;
  std::string language_;
  std::string first_time_;
};

}  // namespace

Value metadata(const Document& document) {
  return Reader(document).read();
}

std::string title(const Document& document) {
  std::string from_graph;
  NodeId heading = kNoNode;
  for (NodeId id = 0; id < document.size(); ++id) {
    const Tag tag = document.tag(id);
    if (tag == Tag::title) {
      if (auto text = bounded_line(document.text_content(id)); !text.empty()) return text;
    }
    if (tag == Tag::h1 && heading == kNoNode) heading = id;
    if (tag == Tag::meta && from_graph.empty() &&
        document.attribute(id, "property") == "og:title") {
      from_graph = bounded_line(document.attribute(id, "content").value_or(std::string_view()));
    }
  }
  if (!from_graph.empty()) return from_graph;
  return heading == kNoNode ? std::string() : visible_line(document, heading);
}

}  // namespace gvm::html
