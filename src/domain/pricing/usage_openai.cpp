// OpenAI's form and its variants by other providers. By OpenAI's own rules, the prompt's count
// includes cached tokens, the completion's count includes reasoning, and the total is the sum of
// both. Where the total contradicts this (xAI, Gemini's compatible endpoint, proxies), the total
// counts.
#include <algorithm>

#include "pricing/usage_fields.h"

namespace gvm::pricing {

namespace {

class OpenAi {
 public:
  OpenAi(const Value& raw, const CallBounds& bounds, Usage& usage)
      : raw_(raw), bounds_(bounds), usage_(usage), flags_(usage.flags) {}

  void read() {
    prompt_details_ =
        first_field({"prompt_tokens_details", "prompt_token_details", "input_tokens_details"});
    output_details_ = first_field({"completion_tokens_details", "output_tokens_details"});
    read_sides();
    read_cache();
    read_reasoning();
    flag_unpriced();
    usage_.known = fill_missing(sides_, bounds_, flags_);
    if (!usage_.known) return;
    place_by_total();
    take_apart();
  }

 private:
  const Value* first_field(std::initializer_list<std::string_view> keys) const {
    for (const auto key : keys)
      if (const auto* value = field(&raw_, key)) return value;
    return nullptr;
  }

  void read_sides() {
    sides_.input = first_count(&raw_, {"prompt_tokens", "input_tokens"}, flags_);
    sides_.output = first_count(&raw_, {"completion_tokens", "output_tokens"}, flags_);
    sides_.total = first_count(&raw_, {"total_tokens"}, flags_);
    if (sides_.input.usable || sides_.input.malformed) return;
    // DeepSeek: hits and misses together are the prompt.
    const auto miss = first_count(&raw_, {"prompt_cache_miss_tokens"}, flags_);
    const auto hit = first_count(&raw_, {"prompt_cache_hit_tokens"}, flags_);
    if (miss.usable) sides_.input = {.value = miss.value + hit.value, .usable = true};
  }

  void read_cache() {
    auto read = first_count(prompt_details_, {"cached_tokens"}, flags_);
    if (!read.usable && !read.malformed)
      read = first_count(&raw_,
                         {"prompt_cache_hit_tokens", "cached_tokens", "num_cached_tokens",
                          "cache_read_input_tokens"},
                         flags_);
    auto write = first_count(
        prompt_details_,
        {"cache_write_tokens", "cache_creation_tokens", "cache_creation_input_tokens"}, flags_);
    if (!write.usable && !write.malformed)
      write = first_count(&raw_, {"cache_creation_input_tokens"}, flags_);
    usage_.cache_read = read.value;
    usage_.cache_write = write.value;
  }

  void read_reasoning() {
    auto count = first_count(output_details_, {"reasoning_tokens"}, flags_);
    if (!count.usable && !count.malformed) {
      // Perplexity bills these in addition to the completion, and does not include them in its
      // total.
      count = first_count(&raw_, {"reasoning_tokens"}, flags_);
      const bool searches = field(&raw_, "num_search_queries") != nullptr ||
                            field(&raw_, "citation_tokens") != nullptr;
      reasoning_beside_ = count.usable && searches;
    }
    usage_.reasoning = count.value;
  }

  void flag_unpriced() {
    const bool unpriced = is_positive(field(prompt_details_, "audio_tokens")) ||
                          is_positive(field(output_details_, "audio_tokens")) ||
                          is_positive(field(&raw_, "num_sources_used")) ||
                          is_positive(field(&raw_, "num_server_side_tools_used")) ||
                          is_positive(field(&raw_, "num_search_queries")) ||
                          is_positive(field(&raw_, "citation_tokens"));
    if (unpriced) flags_.set(Flag::unpriced_units);
  }

  std::uint64_t cached() const { return usage_.cache_read + usage_.cache_write; }

  // Tokens of the total that are neither prompt nor completion are counted as additional output.
  void place_by_total() {
    const bool assumed = flags_.has(Flag::input_assumed) || flags_.has(Flag::output_assumed);
    if (!sides_.total.usable || assumed || reasoning_beside_) return;
    const auto parts = sides_.input.value + sides_.output.value;
    if (sides_.total.value < parts) return flags_.set(Flag::total_mismatch);
    auto rest = sides_.total.value - parts;
    if (rest == 0) return;
    if (usage_.reasoning > 0 && rest >= usage_.reasoning) {
      reasoning_beside_ = true;
      rest -= usage_.reasoning;
    }
    if (rest > 0 && rest == cached()) {
      cache_beside_ = true;
      rest = 0;
      flags_.set(Flag::cache_beside_input);
    }
    if (rest == 0) return;
    flags_.set(Flag::hidden_output);
    hidden_output_ = rest;
  }

  void take_apart() {
    if (!cache_beside_ && cached() > sides_.input.value) {
      cache_beside_ = true;
      flags_.set(Flag::cached_above_input);
    }
    usage_.input = sides_.input.value - (cache_beside_ ? 0 : cached());
    // Reasoning that is larger than the completion cannot be part of it, so both are counted.
    const bool inside = !reasoning_beside_ && usage_.reasoning <= sides_.output.value;
    if (!inside && !reasoning_beside_) flags_.set(Flag::split_mismatch);
    usage_.output = sides_.output.value - (inside ? usage_.reasoning : 0) + hidden_output_;
  }

  const Value& raw_;
  const CallBounds& bounds_;
  Usage& usage_;
  Flags& flags_;
  const Value* prompt_details_ = nullptr;
  const Value* output_details_ = nullptr;
  Sides sides_;
  bool reasoning_beside_ = false;
  bool cache_beside_ = false;
  std::uint64_t hidden_output_ = 0;
};

}  // namespace

void read_openai(const Value& raw, const CallBounds& bounds, Usage& usage) {
  OpenAi(raw, bounds, usage).read();
}

}  // namespace gvm::pricing
