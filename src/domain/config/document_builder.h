#pragma once
// yaml-cpp's events to our tree. Only document.cpp includes this.
#include <yaml-cpp/eventhandler.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/document.h"

namespace gvm::config {

// Thrown through yaml-cpp to stop parsing; carries the diagnostic that makes further parsing
// pointless.
struct ParseStopped {
  Mark mark;
  std::string message;
};

class DocumentBuilder final : public YAML::EventHandler {
 public:
  explicit DocumentBuilder(std::string file) : file_(std::move(file)) {}

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override;
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override;
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override;
  void OnMapEnd() override { close(); }

  Document take() { return std::move(document_); }

  // Where the last scalar begins, when it is quoted or a block; nothing otherwise.
  struct QuotedStart {
    Mark mark;
    std::size_t offset;  // bytes
  };
  const std::optional<QuotedStart>& last_quoted() const { return last_quoted_; }

 private:
  // A map or list that is still being read; `key` waits for its value.
  struct Open {
    NodePtr node;
    bool has_key = false;
    std::string key;
    Mark key_mark;
  };

  void open(Node::Kind kind, Mark mark, YAML::anchor_t anchor);
  void close();
  void remember(YAML::anchor_t anchor, const NodePtr& node);
  void add(NodePtr node);
  void take_key(const Node& node);
  void add_entry(Open& map, NodePtr value);
  bool expects_key() const;
  std::string path(std::string_view last) const;

  std::string file_;
  Document document_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, NodePtr> anchors_;
  std::optional<QuotedStart> last_quoted_;
  std::size_t nodes_ = 0;
};

}  // namespace gvm::config
