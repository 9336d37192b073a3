#include "pricing/live_catalog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>

#include "pricing/catalog_watch.h"
#include "pricing/test_catalog.h"

namespace gvm::pricing {
namespace {

using testing::HasSubstr;

constexpr const char* kGood = "models:\n- {model: m, input: 1, output: 2}\n";

class LiveCatalogTest : public testing::Test {
 protected:
  LiveCatalogTest() {
    char folder[] = "/tmp/gvm-prices-XXXXXX";
    folder_ = ::mkdtemp(folder);
  }
  ~LiveCatalogTest() override { std::filesystem::remove_all(folder_); }

  void write(std::string_view text) { std::ofstream(path()) << text; }
  std::string path() const { return folder_ + "/prices.yaml"; }

  std::string folder_;
};

TEST_F(LiveCatalogTest, KnowsNoPriceBeforeItIsLoaded) {
  const LiveCatalog live(path(), {});
  EXPECT_EQ(live.current()->find("", "m", on_day(2026, 1, 1)).error(), Unknown::no_entry);
}

TEST_F(LiveCatalogTest, ABrokenFileChangesNothing) {
  LiveCatalog live(path(), {});
  write(kGood);
  ASSERT_TRUE(live.reload());
  const auto before = live.current();
  for (const auto* bad : {"models:\n- {model: m, input: 1, output: 2}}\n",
                          "models:\n- {model: m, input: -1, output: 2}\n", "", "models: []\n"}) {
    write(bad);
    const auto reloaded = live.reload();
    ASSERT_FALSE(reloaded) << bad;
    EXPECT_FALSE(reloaded.error().empty());
    EXPECT_EQ(live.current(), before);
  }
  std::filesystem::remove(path());
  ASSERT_FALSE(live.reload());
  EXPECT_EQ(live.current(), before);
}

TEST_F(LiveCatalogTest, NamesFileLineAndReason) {
  LiveCatalog live(path(), {});
  write("models:\n- {model: m, input: 1, output: 2}\n- {model: n, input: 20000, output: 2}\n");
  const auto reloaded = live.reload();
  ASSERT_FALSE(reloaded);
  EXPECT_THAT(config::to_string(reloaded.error()),
              HasSubstr(path() + ":3:21: models[1].input: got \"20000\" (above the ceiling)"));
}

TEST_F(LiveCatalogTest, TheOldCatalogueLivesAsLongAsItIsHeld) {
  LiveCatalog live(path(), {});
  write(kGood);
  ASSERT_TRUE(live.reload());
  const auto old = live.current();
  const auto* entry = *old->find("", "m", on_day(2026, 1, 1));
  write("models:\n- {model: m, input: 5, output: 6}\n");
  ASSERT_TRUE(live.reload());
  EXPECT_EQ(entry->base.input, 1'000'000'000'000U);
  EXPECT_NE(live.current()->hash(), old->hash());
}

TEST_F(LiveCatalogTest, IsReadWhileItIsReplaced) {
  LiveCatalog live(path(), {});
  write(kGood);
  ASSERT_TRUE(live.reload());
  std::atomic<bool> stop = false;
  std::thread reader([&] {
    while (!stop) ASSERT_TRUE(live.current()->find("", "m", on_day(2026, 1, 1)));
  });
  for (int i = 0; i < 200; ++i) EXPECT_TRUE(live.reload());
  stop = true;
  reader.join();
}

TEST_F(LiveCatalogTest, TwoAreNotConfused) {
  LiveCatalog first(path(), {});
  const LiveCatalog second(path(), {});
  write(kGood);
  ASSERT_TRUE(first.reload());
  EXPECT_EQ(first.current()->size(), 1U);
  EXPECT_EQ(second.current()->size(), 0U);
  EXPECT_EQ(first.current()->size(), 1U);
}

TEST_F(LiveCatalogTest, PassesWarningsOn) {
  LiveCatalog live(path(), {});
  write("models:\n- {model: m, input: 0.0000025, output: 2}\n");
  const auto reloaded = live.reload();
  ASSERT_TRUE(reloaded);
  ASSERT_EQ(reloaded->size(), 1U);
  EXPECT_THAT(reloaded->front(), HasSubstr("looks like a price per token"));
}

TEST_F(LiveCatalogTest, AChangeIsSeenOnceItHasSettled) {
  LiveCatalog live(path(), {});
  write(kGood);
  ASSERT_TRUE(live.reload());
  EXPECT_FALSE(live.has_settled_change());
  write("models:\n- {model: m, input: 10, output: 20}\n");
  EXPECT_FALSE(live.has_settled_change()) << "it may still be written to";
  EXPECT_TRUE(live.has_settled_change());
  ASSERT_TRUE(live.reload());
  EXPECT_FALSE(live.has_settled_change());

  std::filesystem::remove(path());
  EXPECT_FALSE(live.has_settled_change());
  EXPECT_TRUE(live.has_settled_change()) << "that it is gone is a change too";
  EXPECT_FALSE(live.reload());
  EXPECT_FALSE(live.has_settled_change()) << "a refused one is told once";
}

TEST_F(LiveCatalogTest, ARenamedFileOfTheSameSizeIsAChange) {
  LiveCatalog live(path(), {});
  write(kGood);
  ASSERT_TRUE(live.reload());
  std::ofstream(path() + ".new") << "models:\n- {model: m, input: 3, output: 4}\n";
  std::filesystem::rename(path() + ".new", path());
  (void)live.has_settled_change();
  EXPECT_TRUE(live.has_settled_change());
}

// The results that a watch reported, and waiting for them.
class Told {
 public:
  void add(const CatalogWatch::Reloaded& read) {
    const std::lock_guard lock(mutex_);
    all_.push_back(read ? "taken" : config::to_string(read.error()));
    changed_.notify_all();
  }
  // "" when it did not report so often in time.
  std::string wait(std::size_t number) {
    std::unique_lock lock(mutex_);
    const bool came =
        changed_.wait_for(lock, std::chrono::seconds(30), [&] { return all_.size() >= number; });
    return came ? all_[number - 1] : "";
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> all_;
};

TEST_F(LiveCatalogTest, AWatchTakesTheGoodRefusesTheBadAndTakesTheGoodAgain) {
  LiveCatalog live(path(), {});
  write(kGood);
  ASSERT_TRUE(live.reload());
  const auto first = live.current()->hash();
  Told told;
  const CatalogWatch watch(live, std::chrono::milliseconds(5),
                           [&](const CatalogWatch::Reloaded& read) { told.add(read); });
  write("models:\n- {model: m, input: 5, output: 6}\n");
  EXPECT_EQ(told.wait(1), "taken");
  const auto second = live.current()->hash();
  EXPECT_NE(second, first);
  write("models:\n- {model: m, input: 5, output: -6}\n");
  EXPECT_THAT(told.wait(2), HasSubstr(path() + ":2:"));
  EXPECT_EQ(live.current()->hash(), second);
  write(kGood);
  EXPECT_EQ(told.wait(3), "taken");
  EXPECT_EQ(live.current()->hash(), first);
}

TEST_F(LiveCatalogTest, AWatchThatNeverLooksEndsAtOnce) {
  LiveCatalog live(path(), {});
  const CatalogWatch watch(live, std::chrono::milliseconds(0),
                           [](const CatalogWatch::Reloaded&) { FAIL(); });
  const CatalogWatch rare(live, std::chrono::hours(24),
                          [](const CatalogWatch::Reloaded&) { FAIL(); });
}

}  // namespace
}  // namespace gvm::pricing
