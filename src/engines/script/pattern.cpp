#include "script/pattern.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace gvm::script {

namespace {

constexpr std::size_t kStepsBetweenChecks = 8 * 1024;

}  // namespace

void Matcher::burn(std::size_t steps) {
  steps_ += steps;
  if (steps_ < kStepsBetweenChecks) return;
  steps_ = 0;
  check_.function(check_.context);
}

bool Matcher::match_single(const PatternItem& item, std::size_t at) const {
  if (at >= subject_.size()) return false;
  const auto byte = static_cast<unsigned char>(subject_[at]);
  switch (item.kind) {
    case PatternItem::Kind::literal:
      return byte == item.byte;
    case PatternItem::Kind::any:
      return true;
    default:
      return item.set[byte];
  }
}

bool Matcher::match_balanced(const PatternItem& item, std::size_t& at) {
  if (at >= subject_.size() || static_cast<unsigned char>(subject_[at]) != item.byte) return false;
  std::size_t open = 1;
  for (std::size_t i = at + 1; i < subject_.size(); ++i) {
    burn();
    const auto byte = static_cast<unsigned char>(subject_[i]);
    if (byte == item.other) {
      if (--open > 0) continue;
      at = i + 1;
      return true;
    }
    if (byte == item.byte) ++open;
  }
  return false;
}

// 6.4.1: the beginning and the end of the subject are handled as if they were the byte 0.
bool Matcher::match_frontier(const PatternItem& item, std::size_t at) const {
  const auto before = at == 0 ? 0U : static_cast<unsigned char>(subject_[at - 1]);
  const auto here = at < subject_.size() ? static_cast<unsigned char>(subject_[at]) : 0U;
  return !item.set[before] && item.set[here];
}

bool Matcher::match_reference(const PatternItem& item, std::size_t& at) {
  const Capture& capture = captures_[item.index];
  const std::string_view wanted = subject_.substr(capture.begin, capture.end - capture.begin);
  burn(1 + wanted.size() / 16);
  if (!subject_.substr(at).starts_with(wanted)) return false;
  at += wanted.size();
  return true;
}

// Items that match in one way only: no backtracking.
bool Matcher::step_fixed(const PatternItem& item, std::size_t& at) {
  switch (item.kind) {
    case PatternItem::Kind::open:
      captures_[item.index] = {at, at, false};
      return true;
    case PatternItem::Kind::close:
      captures_[item.index].end = at;
      return true;
    case PatternItem::Kind::position:
      captures_[item.index] = {at, at, true};
      return true;
    case PatternItem::Kind::balanced:
      return match_balanced(item, at);
    case PatternItem::Kind::frontier:
      return match_frontier(item, at);
    case PatternItem::Kind::reference:
      return match_reference(item, at);
    case PatternItem::Kind::end:
      return at == subject_.size();
    default:
      return match_single(item, at) && (++at, true);
  }
}

bool Matcher::run_lazy(std::size_t at, std::size_t item) {
  for (;;) {
    if (run(at, item + 1)) return true;
    burn();
    if (!match_single(items_[item], at)) return false;
    ++at;
  }
}

bool Matcher::run_repeated(std::size_t at, std::size_t item) {
  const PatternItem& it = items_[item];
  const std::size_t most = it.repeat == PatternItem::Repeat::optional ? 1 : subject_.size() - at;
  const std::size_t least = it.repeat == PatternItem::Repeat::greedy_one ? 1 : 0;
  std::size_t count = 0;
  while (count < most && match_single(it, at + count)) {
    ++count;
    burn();
  }
  for (;; --count) {
    if (count < least) return false;
    if (run(at + count, item + 1)) return true;
    if (count == 0) return false;
  }
}

// Captures need no undoing: a capture's begin and end are set again whenever matching passes its
// items again.
bool Matcher::run(std::size_t at, std::size_t item) {
  for (; item < items_.size(); ++item) {
    burn();
    const PatternItem& it = items_[item];
    if (it.repeat == PatternItem::Repeat::lazy) return run_lazy(at, item);
    if (it.repeat != PatternItem::Repeat::once) return run_repeated(at, item);
    if (!step_fixed(it, at)) return false;
  }
  end_ = at;
  return true;
}

bool Matcher::match_at(std::size_t at) {
  return run(at, 0);
}

bool Matcher::find_until(std::size_t& at, std::size_t last) {
  const bool skips = !items_.empty() && items_[0].kind == PatternItem::Kind::literal &&
                     (items_[0].repeat == PatternItem::Repeat::once ||
                      items_[0].repeat == PatternItem::Repeat::greedy_one);
  for (; at <= last; ++at) {
    if (skips) {
      const auto next = subject_.substr(0, last + 1).find(static_cast<char>(items_[0].byte), at);
      if (next == std::string_view::npos) break;
      at = next;
    }
    if (match_at(at)) return true;
    burn();
  }
  at = last + 1;
  return false;
}

}  // namespace gvm::script
