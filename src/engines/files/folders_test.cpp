// What a script reaches by a path, and what it does not.
#include "files/folders.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>

namespace gvm::files {
namespace {

namespace fs = std::filesystem;

class FoldersTest : public testing::Test {
 protected:
  FoldersTest() {
    std::string pattern = (fs::temp_directory_path() / "gvm-files-XXXXXX").string();
    root_ = ::mkdtemp(pattern.data());
    for (const char* name : {"data", "scripts", "outside"}) fs::create_directories(root_ / name);
    put("scripts/prices.json", "{}");
    put("outside/secret", "s");
  }
  ~FoldersTest() override { fs::remove_all(root_); }

  void put(const std::string& name, const std::string& text) const {
    std::ofstream(root_ / name) << text;
  }
  std::string in(const std::string& name) const { return (root_ / name).string(); }
  Folders folders() const { return Folders({{in("data"), true}, {in("scripts"), false}}); }
  // 0 when it opens, else the errno.
  int open(const std::string& path, std::string_view mode = "r") const {
    const auto file = folders().open(path, Mode::parse(mode).value());
    return file ? 0 : file.error();
  }

  fs::path root_;
};

TEST_F(FoldersTest, ReadsInEveryFolderAndWritesInOne) {
  EXPECT_EQ(open(in("scripts/prices.json")), 0);
  EXPECT_EQ(open("prices.json"), 0) << "a relative name is looked for in each";
  EXPECT_EQ(open(in("data/new"), "w"), 0);
  EXPECT_EQ(open("new"), 0);
  EXPECT_EQ(open(in("scripts/prices.json"), "r+"), EACCES);
  EXPECT_EQ(open(in("scripts/new"), "a"), EACCES);
  EXPECT_FALSE(fs::exists(in("scripts/new")));
  EXPECT_EQ(open("relative", "w"), 0);
  EXPECT_TRUE(fs::exists(in("data/relative")));
}

TEST_F(FoldersTest, WhatLiesElsewhereIsRefusedByWhateverPath) {
  for (const std::string& path :
       {in("outside/secret"), in("data/../outside/secret"), in("data") + "/../outside/secret",
        std::string("../outside/secret"), std::string("sub/../../outside/secret"),
        std::string("/etc/passwd"), std::string("/proc/self/environ"), in("data") + "x/a", in("")})
    EXPECT_EQ(open(path), EACCES) << path;
  EXPECT_EQ(open(in("outside/new"), "w"), EACCES);
  EXPECT_EQ(open("../new", "w"), EACCES);
}

TEST_F(FoldersTest, LinksThatLeaveAreRefusedAndLinksThatStayAreFollowed) {
  fs::create_symlink(in("outside/secret"), in("data/link"));
  fs::create_symlink("../outside/secret", in("data/relative"));
  fs::create_directory_symlink(in("outside"), in("data/folder"));
  fs::create_symlink("loop", in("data/loop"));
  for (const char* name : {"data/link", "data/relative", "data/folder/secret", "data/loop"}) {
    EXPECT_EQ(open(in(name)), EACCES) << name;
    EXPECT_EQ(open(in(name), "w"), EACCES) << name;
  }
  EXPECT_EQ(fs::file_size(in("outside/secret")), 1U) << "nothing was written through a link";
  put("data/real", "x");
  fs::create_symlink("real", in("data/inside"));
  EXPECT_EQ(open(in("data/inside")), 0) << "as Kubernetes mounts a ConfigMap";
}

TEST_F(FoldersTest, OnlyRegularFilesOpenAndNothingWaits) {
  ASSERT_EQ(::mkfifo(in("data/fifo").c_str(), 0600), 0);
  for (const char* mode : {"r", "w", "r+"}) EXPECT_EQ(open(in("data/fifo"), mode), EACCES) << mode;
  fs::create_directories(in("data/sub"));
  EXPECT_EQ(open(in("data/sub")), EISDIR);
  EXPECT_EQ(open(in("data/sub"), "w"), EISDIR);
  EXPECT_EQ(open(in("data")), EACCES) << "the folder itself is no file in it";
}

TEST_F(FoldersTest, SaysWhatIsWrongWithAName) {
  EXPECT_EQ(open(in("data/none")), ENOENT);
  EXPECT_EQ(open("none"), ENOENT);
  EXPECT_EQ(open(in("data/none/file"), "w"), ENOENT) << "folders are not made";
  EXPECT_EQ(open(""), ENOENT);
  EXPECT_EQ(open(std::string("a\0b", 3)), EINVAL);
  EXPECT_EQ(open(std::string(5000, 'a')), ENAMETOOLONG);
  EXPECT_EQ(open(std::string(300, 'a')), ENAMETOOLONG);
}

TEST_F(FoldersTest, TheFolderOfDataIsMadeByTheFirstWrite) {
  const Folders later({{in("later/data"), true}});
  EXPECT_EQ(later.open(in("later/data/a"), Mode::parse("r").value()).error(), ENOENT);
  EXPECT_FALSE(fs::exists(in("later")));
  EXPECT_TRUE(later.open(in("later/data/a"), Mode::parse("w").value()));
}

TEST_F(FoldersTest, FilesOfTheModulesAreNoScripts) {
  constexpr const char* kOwn[] = {"ledger.db",         "ledger.db-wal", "ledger.db-shm",
                                  "ledger.db-journal", "lock",          "journal-0000000007"};
  fs::create_directory_symlink(".", root_ / "data/here");
  for (const bool there : {false, true}) {
    for (const std::string name : kOwn) {
      if (there) put("data/" + name, "of the ledger");
      for (const std::string& path : {name, in("data/" + name), in("data/here/" + name)}) {
        for (const char* mode : {"r", "w", "a", "r+", "w+"})
          EXPECT_EQ(open(path, mode), EPERM) << path << " " << mode << " " << there;
      }
      EXPECT_EQ(fs::exists(root_ / "data" / name), there) << "nothing is made";
      if (there) {
        EXPECT_EQ(fs::file_size(root_ / "data" / name), 13U) << "nothing is cut";
      }
    }
  }
  for (const char* name : {"ledger.dbx", "ledger", "ledger.db-wa", "lock2", "journal", "Lock"})
    EXPECT_EQ(open(in("data") + "/" + name, "w"), 0) << name;
}

TEST_F(FoldersTest, FilesOfTheModulesHaveNoOtherName) {
  for (const std::string name : {"ledger.db", "journal-0000000007"}) {
    put("data/" + name, "of the ledger");
    fs::create_hard_link(root_ / "data" / name, root_ / "data" / (name + ".hard"));
    fs::create_symlink(name, root_ / "data" / (name + ".soft"));
    fs::create_hard_link(root_ / "data" / name, root_ / "scripts" / (name + ".hard"));
    for (const char* mode : {"r", "a"}) {
      EXPECT_EQ(open(in("data/" + name + ".hard"), mode), EPERM) << mode;
      EXPECT_EQ(open(in("data/" + name + ".soft"), mode), EPERM) << mode;
    }
    EXPECT_EQ(open(in("scripts/" + name + ".hard")), EPERM);
    EXPECT_EQ(fs::file_size(root_ / "data" / name), 13U);
  }
  put("data/mine", "x");
  fs::create_hard_link(root_ / "data/mine", root_ / "data/mine too");
  EXPECT_EQ(open(in("data/mine too"), "a"), 0) << "other links are as ever";
}

TEST_F(FoldersTest, ALinkThatLeadsNowhereMakesNoFile) {
  fs::create_symlink("journal-0000000099", root_ / "data/new");
  EXPECT_EQ(open(in("data/new"), "w"), EACCES);
  EXPECT_FALSE(fs::exists(root_ / "data/journal-0000000099"));
}

TEST_F(FoldersTest, TheLedgerOfAnotherModuleBelowIsProtectedToo) {
  fs::create_directories(root_ / "data/llm");
  EXPECT_EQ(open(in("data/llm/lock"), "w"), 0) << "a name alone makes no ledger";
  put("data/llm/ledger.db", "of the ledger");
  for (const char* name : {"ledger.db", "lock", "journal-0000000001", "ledger.db-wal"})
    EXPECT_EQ(open(in("data/llm") + "/" + name, "a"), EPERM) << name;
  EXPECT_EQ(open(in("data/llm/prices.json"), "w"), 0);
}

TEST_F(FoldersTest, AFolderMayBeALinkItself) {
  fs::create_directory_symlink(in("data"), in("current"));
  put("data/a", "x");
  const Folders linked({{in("current"), true}});
  const auto mode = Mode::parse("r").value();
  EXPECT_TRUE(linked.open(in("current/a"), mode));
  EXPECT_TRUE(linked.open(in("data/a"), mode)) << "by its real name, too";
}

TEST(FileMode, ReadsTheModesOfFopen) {
  for (const char* good : {"r", "rb", "r+", "r+b", "w", "wb", "w+", "w+b", "a", "ab", "a+", "a+b"})
    EXPECT_TRUE(Mode::parse(good)) << good;
  for (const char* bad : {"", "x", "rw", "r+x", "rb+", "+r", "rbb"})
    EXPECT_FALSE(Mode::parse(bad)) << bad;
}

}  // namespace
}  // namespace gvm::files
