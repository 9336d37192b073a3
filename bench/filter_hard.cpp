// How long lib.rs.filter_text takes for the hardest texts: of every code point texts are made that
// repeat it, alone and beside letters and marks, and filtered as the shipped script does it. The
// kinds that take longest for a byte are then filtered at 1 MiB, where a prompt must end within
// 100 ms, and no piece between two looks at the clock within more than a lane's slice.
//   bench_filter_hard
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <string>
#include <string_view>
#include <vector>

#include "base/size.h"
#include "text/filter.h"
#include "text/json_scan.h"

namespace {

using namespace gvm;
using Milliseconds = std::chrono::duration<double, std::milli>;

constexpr std::array kShipped{text::TextFilter::nfkc, text::TextFilter::rm_zero_width,
                              text::TextFilter::normalize_ws};
constexpr std::size_t kSample = 2 * kKiB;
constexpr std::size_t kPrompt = 1 * kMiB;
constexpr std::size_t kStep = 16 * kKiB;  // of host/text_functions.cpp
constexpr std::size_t kShown = 12;

Milliseconds thread_cpu() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec);
}

std::string utf8_of(char32_t c) {
  std::string out;
  gvm::text::append_utf8(out, c);
  return out;
}

// What stands around the code point, and how often it is repeated there.
struct Form {
  const char* name;
  std::size_t times;
  const char* behind;
};
constexpr std::array kForms{
    Form{"alone", 1, ""},
    Form{"behind a letter", 1, "a"},
    Form{"before U+0316 and U+0301", 1, "\xCC\x96\xCC\x81"},
    Form{"200 times behind a letter", 200, "a"},
    Form{"before a Hangul vowel", 1, "\xE1\x85\xA1"},
};

std::string text_of(char32_t c, const Form& form, std::size_t bytes) {
  std::string unit;
  for (std::size_t i = 0; i < form.times; ++i) unit += utf8_of(c);
  unit += form.behind;
  std::string out;
  while (out.size() + unit.size() <= bytes) out += unit;
  return out;
}

struct Took {
  Milliseconds all{};
  Milliseconds longest_piece{};
  std::size_t memory = 0;  // most bytes held, as counted
  std::string end;
};

Took filter(std::string_view text) {
  Took took;
  const auto start = thread_cpu();
  std::vector<text::FilterStep> steps;
  for (const auto filter : kShipped) steps.push_back({filter});
  auto run = text::FilterRun::start(text, steps);
  for (auto before = start; run;) {
    const auto done = run->advance(kStep);
    const auto now = thread_cpu();
    took.longest_piece = std::max(took.longest_piece, now - before);
    took.memory = std::max(took.memory, run->memory());
    before = now;
    took.end = done ? "answer" : std::string(done.error().code());
    if (!done || *done) break;
  }
  took.all = thread_cpu() - start;
  return took;
}

struct Kind {
  double ns_a_byte;
  char32_t code_point;
  const Form* form;
};

bool is_sampled(char32_t c) {
  if (c >= 0xD800 && c < 0xE000) return false;  // no code points of a text
  const bool alike = c >= 0x20000 || (c >= 0xAC00 && c < 0xD7A4) || (c >= 0xE000 && c < 0xF900) ||
                     (c >= 0x3400 && c < 0xA000);
  return !alike || c % 61 == 0;
}

std::vector<Kind> slowest() {
  std::vector<Kind> kinds;
  for (char32_t c = 1; c <= 0x10FFFF; ++c) {
    if (!is_sampled(c)) continue;
    for (const Form& form : kForms) {
      const std::string text = text_of(c, form, kSample);
      const auto took = std::min(filter(text).all, filter(text).all);
      kinds.push_back({took.count() * 1e6 / static_cast<double>(text.size()), c, &form});
    }
  }
  std::ranges::sort(kinds, std::greater(), &Kind::ns_a_byte);
  return kinds;
}

}  // namespace

int main() {
  const auto kinds = slowest();
  std::printf("%zu kinds of texts; the slowest, at 1 MiB:\n\n", kinds.size());
  std::printf(
      "| code point | where | ends | all, ms | longest piece, ms | memory, times the text |\n");
  std::printf("|---|---|---|---|---|---|\n");
  bool over = false;
  for (std::size_t i = 0; i < std::min(kinds.size(), kShown); ++i) {
    const Kind& kind = kinds[i];
    const std::string text = text_of(kind.code_point, *kind.form, kPrompt);
    Took took = filter(text);
    for (int again = 0; again < 2; ++again) {
      const Took other = filter(text);
      took.all = std::min(took.all, other.all);
      took.longest_piece = std::min(took.longest_piece, other.longest_piece);
    }
    const double times = static_cast<double>(took.memory) / static_cast<double>(text.size());
    std::printf("| U+%04X | %s | %s | %.1f | %.2f | %.1f |\n",
                static_cast<unsigned>(kind.code_point), kind.form->name, took.end.c_str(),
                took.all.count(), took.longest_piece.count(), times);
    over = over || took.all.count() > 100 || times > 8;
  }
  return over ? 1 : 0;
}
