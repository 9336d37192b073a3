// RmBlobs and DecodeBlobs: encoded texts leave, or are read.
#include "text/encoded.h"
#include "text/filter_stage.h"

namespace gvm::text {
namespace {

class Blobs final : public FilterStage {
 public:
  explicit Blobs(bool decodes) : decodes_(decodes) {}

  Result<void> push(std::string_view piece, bool last, std::string& out) override {
    held_ += piece;
    const std::string_view text = held_;
    std::size_t kept = 0;  // where the characters begin that wait to be copied
    std::size_t i = 0;
    while (i < text.size()) {
      const auto run = encoded_run(text.substr(i));
      const bool may_go_on = run > 0 && run < kLongestRun && i + run == text.size();
      if (may_go_on && !last) break;
      if (const auto blob = decode_run(text.substr(i, run))) {
        out += text.substr(kept, i - kept);
        if (decodes_) out += blob->decoded.empty() ? text.substr(i, run) : blob->decoded;
        kept = i + run;
      }
      i += run > 0 ? run : 1;
    }
    out += text.substr(kept, i - kept);
    held_.erase(0, i);
    return {};
  }

 private:
  bool decodes_;
  std::string held_;  // at most kLongestRun and a piece
};

}  // namespace

std::unique_ptr<FilterStage> make_blob_stage(TextFilter filter) {
  return std::make_unique<Blobs>(filter == TextFilter::decode_blobs);
}

}  // namespace gvm::text
