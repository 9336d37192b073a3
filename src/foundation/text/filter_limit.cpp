// MaxBytes and MaxGraphemes: a text ends at a border of grapheme clusters.
#include <algorithm>

#include "text/filter_stage.h"
#include "text/grapheme.h"
#include "text/plain_ascii.h"
#include "text/utf8.h"

namespace gvm::text {
namespace {

// A cluster that is longer than this may be cut between code points: nobody reads it as one.
constexpr std::size_t kLongestCluster = 1 * kKiB;

class Limit final : public FilterStage {
 public:
  explicit Limit(const FilterStep& step)
      : counts_bytes_(step.filter == TextFilter::max_bytes), left_(step.argument) {}

  Result<void> push(std::string_view piece, bool last, std::string& out) override {
    while (!piece.empty() && !full_) {
      const auto taken = take_ascii(piece, out);
      piece.remove_prefix(taken > 0 || full_ ? taken : take_one(piece, out));
    }
    if (last) end_cluster(out);
    return {};
  }

 private:
  std::size_t take_one(std::string_view piece, std::string& out) {
    const auto c = first_code_point(piece);
    if (borders_.before(c.value) || cluster_.size() >= kLongestCluster) end_cluster(out);
    cluster_ += piece.substr(0, c.bytes);
    return c.bytes;
  }

  // Each byte from 0x20 to 0x7E is a cluster of its own. The last of a run waits for what follows.
  std::size_t take_ascii(std::string_view piece, std::string& out) {
    constexpr std::size_t kWorthIt = 8;
    const auto plain = plain_ascii_prefix(piece);
    if (plain < kWorthIt) return 0;
    if (!borders_.before(U' ')) {  // behind a character that takes the next one, whatever it is
      cluster_ += piece[0];
      return 1;
    }
    end_cluster(out);
    if (full_) return 0;
    const auto run = std::min(plain - 1, left_);
    out += piece.substr(0, run);
    left_ -= run;
    full_ = full_ || run < plain - 1;
    return run;
  }

  void end_cluster(std::string& out) {
    if (cluster_.empty() || full_) return;
    const auto cost = counts_bytes_ ? cluster_.size() : 1;
    full_ = cost > left_;
    if (!full_) {
      out += cluster_;
      left_ -= cost;
    }
    cluster_.clear();
  }

  bool counts_bytes_;
  std::size_t left_;  // bytes or clusters
  GraphemeBorders borders_;
  std::string cluster_;  // the one that may go on
  bool full_ = false;
};

}  // namespace

std::unique_ptr<FilterStage> make_limit(const FilterStep& step) {
  return std::make_unique<Limit>(step);
}

}  // namespace gvm::text
