// html5lib's tree construction tests, in our way of reading: whole documents (we parse no
// fragments), scripts off, no doctype in the tree. tests/data/html/tree_differences.txt lists the
// cases where the tree is another one; GVM_UPDATE_DOCS=1 writes it anew.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <set>
#include <sstream>

#include "html/test_documents.h"
#include "support/paths.h"

namespace gvm::html {

namespace {

struct Case {
  std::string name;  // "tests1.dat 12", counted from 1
  std::string data;
  std::string tree;
};

std::string without_last_newline(std::string text) {
  if (text.ends_with('\n')) text.pop_back();
  return text;
}

// The sections of a case, "#data" and so on.
class Reader {
 public:
  Reader(std::string file, std::vector<Case>& out) : file_(std::move(file)), out_(out) {}

  void read(std::istream& in) {
    for (std::string line; std::getline(in, line);) {
      const bool is_head = line == "#data" || line == "#errors" || line == "#document" ||
                           line == "#document-fragment" || line == "#new-errors" ||
                           line == "#script-on" || line == "#script-off";
      if (line == "#data") finish();
      if (is_head) {
        section_ = line;
        if (line == "#document-fragment" || line == "#script-on") usable_ = false;
        continue;
      }
      if (section_ == "#data") data_ += line + '\n';
      if (section_ == "#document") tree_ += line + '\n';
    }
    finish();
  }

 private:
  void finish() {
    if (!section_.empty()) {
      ++number_;
      while (tree_.ends_with("\n\n")) tree_.pop_back();
      if (usable_) {
        out_.push_back({file_ + ' ' + std::to_string(number_), without_last_newline(data_),
                        without_doctype(tree_)});
      }
    }
    section_.clear();
    data_.clear();
    tree_.clear();
    usable_ = true;
  }

  static std::string without_doctype(const std::string& tree) {
    std::istringstream in(tree);
    std::string out;
    for (std::string line; std::getline(in, line);) {
      if (!line.starts_with("| <!DOCTYPE")) out += line + '\n';
    }
    return out;
  }

  std::string file_;
  std::vector<Case>& out_;
  std::string section_;
  std::string data_;
  std::string tree_;
  bool usable_ = true;
  int number_ = 0;
};

// The tree as the tests write it.
class Writer {
 public:
  explicit Writer(const Document& document) : document_(document) {}

  std::string write() {
    for (NodeId id = 1; id < document_.size(); ++id) node(id);
    return std::move(out_);
  }

 private:
  // What stands in a template is one level deeper, below "content".
  std::size_t depth(NodeId id) const {
    std::size_t depth = 0;
    for (NodeId at = document_.parent(id); at != kNoNode && at != document_.root();
         at = document_.parent(at)) {
      depth += document_.tag(at) == Tag::template_ ? 2 : 1;
    }
    return depth;
  }

  void line(std::size_t depth, const std::string& text) {
    out_ += "| " + std::string(2 * depth, ' ') + text + '\n';
  }

  void node(NodeId id) {
    const std::size_t at = depth(id);
    if (document_.is_text(id)) return line(at, '"' + std::string(document_.text(id)) + '"');
    if (document_.type(id) == NodeType::comment) {
      return line(at, "<!-- " + std::string(document_.text(id)) + " -->");
    }
    const std::string space = space_of(id);
    line(at, '<' + space + std::string(document_.name(id)) + '>');
    std::vector<std::string> attributes;
    for (std::size_t i = 0; i < document_.attribute_count(id); ++i) {
      const Attribute& attribute = document_.attribute(id, i);
      std::string name(document_.atom_text(attribute.name));
      for (const std::string_view prefix : {"xlink:", "xml:", "xmlns:"}) {
        if (!document_.is_html(id) && name.starts_with(prefix)) name[prefix.size() - 1] = ' ';
      }
      attributes.push_back(name + "=\"" + std::string(document_.attribute_value(attribute)) + '"');
    }
    std::ranges::sort(attributes);
    for (const std::string& attribute : attributes) line(at + 1, attribute);
    if (document_.tag(id) == Tag::template_) line(at + 1, "content");
  }

  // A document knows whether an element is HTML's, and its root tells which of the others it is.
  std::string space_of(NodeId id) const {
    if (document_.is_html(id)) return {};
    for (NodeId at = id; at != kNoNode && !document_.is_html(at); at = document_.parent(at)) {
      if (document_.name(at) == "svg") return "svg ";
      if (document_.name(at) == "math") return "math ";
    }
    return "svg ";
  }

  const Document& document_;
  std::string out_;
};

std::vector<Case> cases(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".dat") files.push_back(entry.path());
  }
  std::ranges::sort(files);
  std::vector<Case> out;
  for (const auto& path : files) {
    std::ifstream in(path, std::ios::binary);
    Reader(path.filename().string(), out).read(in);
  }
  return out;
}

std::set<std::string> lines_of(const std::string& path) {
  std::ifstream in(path);
  std::set<std::string> out;
  for (std::string line; std::getline(in, line);) {
    if (!line.empty() && !line.starts_with('#')) out.insert(line);
  }
  return out;
}

TEST(TreeConstruction, DiffersFromHtml5libOnlyWhereListed) {
  const std::string folder = GVM_TREE_TESTS;
  if (folder.empty()) GTEST_SKIP() << "html5lib's source distribution could not be fetched";
  const std::string list = test::source_dir() + "/tests/data/html/tree_differences.txt";
  const std::vector<Case> all = cases(folder);
  ASSERT_GT(all.size(), 1000U);
  std::vector<std::string> different;
  for (const Case& example : all) {
    const std::string tree = Writer(*parsed(example.data)).write();
    if (tree == example.tree) continue;
    different.push_back(example.name);
    if (std::getenv("GVM_SHOW") != nullptr) {
      std::cout << "== " << example.name << '\n'
                << example.data << "\n-- wanted\n"
                << example.tree << "-- found\n"
                << tree;
    }
  }
  std::cout << all.size() - different.size() << " of " << all.size() << " trees are the same\n";
  if (std::getenv("GVM_UPDATE_DOCS") != nullptr) {
    std::ofstream out(list);
    out << "# html5lib 1.1, tree-construction: " << all.size() - different.size() << " of "
        << all.size() << " trees are ours. These are others (file, number of the case):\n";
    for (const std::string& name : different) out << name << '\n';
  }
  const std::set<std::string> listed = lines_of(list);
  EXPECT_EQ(std::set<std::string>(different.begin(), different.end()), listed);
}

}  // namespace

}  // namespace gvm::html
