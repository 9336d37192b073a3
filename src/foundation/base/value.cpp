#include "base/value.h"

#include <algorithm>
#include <compare>
#include <cstdint>
#include <cstring>

namespace gvm {

namespace {

auto lower_bound_of(auto& entries, std::string_view key) {
  return std::lower_bound(
      entries.begin(), entries.end(), key,
      [](const Value::Map::Entry& e, std::string_view k) { return e.first.view() < k; });
}

}  // namespace

Blob::Blob(std::string owned) {
  constexpr std::size_t kCheaperToCopyBytes = 1024;
  if (owned.size() <= kCheaperToCopyBytes) {
    *this = copy(owned);
    return;
  }
  const auto* string = new std::string(std::move(owned));
  data_ = string->data();
  size_ = string->size();
  owner_ = reinterpret_cast<std::uintptr_t>(string) | kStringOwner;
}

void Blob::free_owner() noexcept {
  if ((owner_ & kStringOwner) != 0) {
    delete reinterpret_cast<std::string*>(owner_ ^ kStringOwner);
  } else {
    delete[] reinterpret_cast<char*>(owner_);
  }
}

Blob Blob::copy(std::string_view bytes) {
  if (bytes.empty()) return {};
  char* const data = new char[bytes.size()];
  std::memcpy(data, bytes.data(), bytes.size());
  return Blob(data, bytes.size(), reinterpret_cast<std::uintptr_t>(data));
}

Blob& Blob::operator=(const Blob& other) {
  if (this != &other) *this = Blob(other);
  return *this;
}

namespace {

constexpr std::size_t kFewEntries = 32;

// Stands for an entry while entries are sorted, because moving an entry is slow, and so is looking
// for the bytes of its key.
struct SortKey {
  std::uint64_t beginning;  // eight bytes of the key, as a number that sorts as they do
  std::size_t index;
};

// What all keys begin with.
std::size_t common_prefix(const std::vector<Value::Map::Entry>& entries) {
  std::string_view prefix = entries.front().first.view();
  for (const auto& entry : entries) {
    const std::string_view key = entry.first.view();
    if (key.starts_with(prefix)) continue;
    const auto differs = std::mismatch(prefix.begin(), prefix.end(), key.begin(), key.end());
    prefix = prefix.substr(0, static_cast<std::size_t>(differs.first - prefix.begin()));
  }
  return prefix.size();
}

std::uint64_t beginning_of(std::string_view key) {
  std::uint64_t beginning = 0;
  for (std::size_t i = 0; i < sizeof beginning; ++i) {
    beginning = beginning << 8 | (i < key.size() ? static_cast<unsigned char>(key[i]) : 0);
  }
  return beginning;
}

// By key; of equal keys the last one is kept.
std::vector<Value::Map::Entry> sort_many(std::vector<Value::Map::Entry> entries) {
  std::vector<SortKey> keys;
  keys.reserve(entries.size());
  const std::size_t common = common_prefix(entries);
  for (const auto& entry : entries) {
    keys.push_back({beginning_of(entry.first.view().substr(common)), keys.size()});
  }
  const auto order = [&entries](const SortKey& a, const SortKey& b) {
    if (a.beginning != b.beginning) return a.beginning <=> b.beginning;
    return entries[a.index].first.view() <=> entries[b.index].first.view();
  };
  std::sort(keys.begin(), keys.end(), [&order](const SortKey& a, const SortKey& b) {
    const auto by_key = order(a, b);
    return by_key != 0 ? by_key < 0 : a.index < b.index;
  });
  std::vector<Value::Map::Entry> sorted;
  sorted.reserve(entries.size());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (i + 1 < keys.size() && order(keys[i], keys[i + 1]) == 0) continue;
    sorted.push_back(std::move(entries[keys[i].index]));
  }
  return sorted;
}

}  // namespace

const Value* Value::Map::find(std::string_view key) const {
  const auto at = lower_bound_of(entries_, key);
  return at != entries_.end() && at->first.view() == key ? &at->second : nullptr;
}

Value* Value::Map::find(std::string_view key) {
  return const_cast<Value*>(std::as_const(*this).find(key));
}

Value::Map Value::Map::from_entries(std::vector<Entry> entries) {
  if (entries.size() > kFewEntries) return Map(sort_many(std::move(entries)));
  const auto by_key = [](const Entry& a, const Entry& b) {
    return a.first.view() < b.first.view();
  };
  std::stable_sort(entries.begin(), entries.end(), by_key);
  // Of equal keys the last one is kept: walk backwards and keep the first one seen.
  const auto same_key = [](const Entry& a, const Entry& b) { return a.first == b.first; };
  const auto kept = std::unique(entries.rbegin(), entries.rend(), same_key);
  entries.erase(entries.begin(), kept.base());
  return Map(std::move(entries));
}

Value& Value::Map::set(std::string_view key, Value value) {
  const auto at = lower_bound_of(entries_, key);
  if (at != entries_.end() && at->first.view() == key) {
    at->second = std::move(value);
    return at->second;
  }
  return entries_.emplace(at, Blob::copy(key), std::move(value))->second;
}

bool Value::Map::erase(std::string_view key) {
  const auto at = lower_bound_of(entries_, key);
  if (at == entries_.end() || at->first.view() != key) return false;
  entries_.erase(at);
  return true;
}

Value Value::object(std::initializer_list<std::pair<std::string_view, Value>> entries) {
  std::vector<Map::Entry> owned;
  owned.reserve(entries.size());
  for (const auto& [key, value] : entries) owned.emplace_back(Blob::copy(key), value);
  return map(Map::from_entries(std::move(owned)));
}

std::optional<std::string_view> Value::as_string() const {
  const auto* blob = std::get_if<4>(&data_);
  return blob == nullptr ? std::nullopt : std::optional(blob->view());
}

std::optional<std::string_view> Value::as_bytes() const {
  const auto* blob = std::get_if<5>(&data_);
  return blob == nullptr ? std::nullopt : std::optional(blob->view());
}

const Value* Value::find(std::string_view key) const {
  const auto* entries = as_map();
  return entries == nullptr ? nullptr : entries->find(key);
}

Value Value::to_owned() && {
  const auto own = [](Blob& blob) {
    if (blob.is_borrowed()) blob = Blob::copy(blob.view());
  };
  if (auto* text = std::get_if<4>(&data_)) own(*text);
  if (auto* raw = std::get_if<5>(&data_)) own(*raw);
  if (auto* items = as_array()) {
    for (auto& item : *items) item = std::move(item).to_owned();
  }
  if (auto* entries = as_map()) {
    for (auto& [key, value] : *entries) {
      own(key);
      value = std::move(value).to_owned();
    }
  }
  return std::move(*this);
}

std::string_view kind_name(Value::Kind kind) {
  switch (kind) {
    case Value::Kind::null:
      return "null";
    case Value::Kind::boolean:
      return "boolean";
    case Value::Kind::integer:
      return "integer";
    case Value::Kind::real:
      return "real";
    case Value::Kind::string:
      return "string";
    case Value::Kind::bytes:
      return "bytes";
    case Value::Kind::address:
      return "address";
    case Value::Kind::array:
      return "array";
    case Value::Kind::map:
      return "map";
  }
  return "unknown";
}

}  // namespace gvm
