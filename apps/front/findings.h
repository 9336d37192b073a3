#pragma once
// What `genvm-modules doctor` found, in the order it looked.
#include <cstdint>
#include <string>
#include <vector>

namespace gvm::apps {

class Findings {
 public:
  // `subject` is a configuration key, a file or a part of the machine.
  void ok(std::string subject, std::string text) { add("ok", subject, text, {}); }
  // The module works, but not as well as it could. `mend` says what to do.
  void warning(std::string subject, std::string text, std::string mend) {
    add("warning", subject, text, mend);
  }
  // The module does not start, or cannot do its work.
  void error(std::string subject, std::string text, std::string mend) {
    ++errors_;
    add("error", subject, text, mend);
  }

  std::size_t errors() const { return errors_; }
  std::string to_text() const;  // a line each; what to do stands below
  // {"errors": N, "findings": [{"level", "subject", "text", "mend"}]}
  std::string to_json() const;

 private:
  struct Finding {
    const char* level;
    std::string subject;
    std::string text;
    std::string mend;
  };
  void add(const char* level, std::string& subject, std::string& text, std::string mend) {
    all_.push_back({level, std::move(subject), std::move(text), std::move(mend)});
  }

  std::vector<Finding> all_;
  std::size_t errors_ = 0;
};

}  // namespace gvm::apps
