#include "base/value.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

namespace gvm {
namespace {

Value::Map::Entry entry(std::string_view key, int value) {
  return {Blob::copy(key), Value::integer(value)};
}

TEST(Blob, MovingKeepsTheViewAndCopyingOwns) {
  std::string frame = "payload";
  Blob borrowed = Blob::borrow(frame);
  EXPECT_TRUE(borrowed.is_borrowed());
  Blob moved = std::move(borrowed);
  EXPECT_EQ(moved.view().data(), frame.data());
  const Blob copy = moved;
  EXPECT_FALSE(copy.is_borrowed());
  frame.assign("changed");
  EXPECT_EQ(copy.view(), "payload");
  EXPECT_EQ(moved.view(), "changed");
}

TEST(Blob, SurvivesAssignmentToItself) {
  Blob blob(std::string("text"));
  Blob& same = blob;
  blob = same;
  EXPECT_EQ(blob.view(), "text");
  blob = std::move(same);
  EXPECT_EQ(blob.view(), "text");
}

TEST(Blob, OwnsALargeStringWithoutCopyingIt) {
  std::string large(100'000, 'x');
  const char* const data = large.data();
  const Blob blob(std::move(large));
  EXPECT_EQ(blob.view().data(), data);
  EXPECT_FALSE(blob.is_borrowed());
}

TEST(Map, SortsBytewiseAndKeepsTheLastOfEqualKeys) {
  std::vector<Value::Map::Entry> entries;
  entries.push_back(entry("b", 1));
  entries.push_back(entry("\xc3\xa9", 2));
  entries.push_back(entry("a", 3));
  entries.push_back(entry("b", 4));
  entries.push_back(entry("B", 5));
  entries.push_back(entry("b", 6));
  const auto map = Value::Map::from_entries(std::move(entries));
  std::vector<std::string> keys;
  for (const auto& [key, value] : map) keys.emplace_back(key.view());
  EXPECT_EQ(keys, (std::vector<std::string>{"B", "a", "b", "\xc3\xa9"}));
  EXPECT_EQ(*map.find("b"), Value::integer(6));
  EXPECT_EQ(map.find("c"), nullptr);
}

// Many entries are sorted another way than a few: by a number made of the first eight bytes.
TEST(Map, SortsManyEntriesAsAnOrderedMapDoes) {
  std::mt19937 random(7);
  const std::vector<std::string> beginnings{
      "", "a", "key number ", "\xff\xff", std::string(8, '\0'), std::string("a\0b", 3)};
  for (int round = 0; round < 50; ++round) {
    std::map<std::string, int> expected;
    std::vector<Value::Map::Entry> entries;
    for (int i = 0; i < 200; ++i) {
      std::string key = beginnings[random() % beginnings.size()];
      for (auto more = random() % 4; more > 0; --more)
        key.push_back("\0\1az\xc3\xff"[random() % 6]);
      expected[key] = i;
      entries.push_back(entry(key, i));
    }
    const auto map = Value::Map::from_entries(std::move(entries));
    std::map<std::string, int> seen;
    std::vector<std::string> order;
    for (const auto& [key, value] : map) {
      order.emplace_back(key.view());
      seen[order.back()] = static_cast<int>(*value.as_integer()->to_i64());
    }
    EXPECT_TRUE(std::ranges::is_sorted(order));
    EXPECT_EQ(seen, expected);
  }
}

TEST(Map, SetsReplacesAndErases) {
  Value::Map map;
  map.set("k", Value::integer(1));
  map.set("a", Value::integer(2));
  map.set("k", Value::boolean(true));
  EXPECT_EQ(map.size(), 2);
  EXPECT_EQ(*map.find("k"), Value::boolean(true));
  EXPECT_TRUE(map.erase("k"));
  EXPECT_FALSE(map.erase("k"));
  EXPECT_EQ(map.find("k"), nullptr);
}

TEST(Value, KnowsItsKind) {
  EXPECT_EQ(Value::string("s").as_string(), "s");
  EXPECT_EQ(Value::string("s").as_bytes(), std::nullopt);
  EXPECT_EQ(Value::bytes(std::string("b")).as_bytes(), "b");
  EXPECT_NE(Value::string("x"), Value::bytes(std::string("x")));
  EXPECT_TRUE(Value().is_null());
  EXPECT_EQ(Value::integer(1).find("x"), nullptr);
  EXPECT_EQ(kind_name(Value::address({}).kind()), "address");
  Value text = Value::string("moved");
  EXPECT_EQ(text.as_blob()->view(), "moved");
  EXPECT_EQ(Value::integer(1).as_blob(), nullptr);
}

TEST(Value, ToOwnedLeavesNoBorrowedView) {
  std::string frame = "key value";
  Value::Map map;
  std::vector<Value::Map::Entry> entries;
  entries.emplace_back(
      Blob::borrow(std::string_view(frame).substr(0, 3)),
      Value::array({Value::string(Blob::borrow(std::string_view(frame).substr(4)))}));
  Value value = Value::map(Value::Map::from_sorted(std::move(entries)));
  const Value owned = std::move(value).to_owned();
  frame.assign("xxxxxxxxx");
  EXPECT_EQ(owned, Value::object({{"key", Value::array({Value::string("value")})}}));
}

}  // namespace
}  // namespace gvm
