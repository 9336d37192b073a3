#pragma once
// An audit in a folder of the test's own, with a clock of the test's own.
#include <gmock/gmock.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "audit/files.h"
#include "audit/log.h"
#include "audit/read.h"
#include "audit/verify.h"

namespace gvm::audit {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

inline constexpr std::int64_t kDayMs = 24 * 3'600'000;
inline constexpr std::int64_t kNoon = 20'000 * kDayMs + kDayMs / 2;

class AuditFolder {
 public:
  AuditFolder() {
    std::string name = (fs::temp_directory_path() / "gvm-audit-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~AuditFolder() { fs::remove_all(path_); }
  AuditFolder(const AuditFolder&) = delete;
  const fs::path& path() const { return path_; }
  fs::path audit() const { return path_ / "audit"; }

 private:
  fs::path path_;
};

inline std::string contents(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void overwrite_file(const fs::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
}

inline std::vector<std::string> lines_of(const fs::path& path) {
  std::vector<std::string> lines;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

inline void write_lines(const fs::path& path, const std::vector<std::string>& lines) {
  std::string text;
  for (const auto& line : lines) text += line + '\n';
  overwrite_file(path, text);
}

inline std::string all_bytes(const fs::path& folder) {
  std::string all;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) all += contents(entry.path());
  return all;
}

struct AuditTest : testing::Test {
  AuditFolder folder;
  std::atomic<std::int64_t> now{kNoon};

  Options options() {
    Options made;
    made.folder = folder.audit();
    made.now_ms = [this] { return now.load(); };
    made.retry = 1ms;
    made.sync_interval = 1ms;
    return made;
  }
  static Answer answer(std::string tx, std::string prompt, std::string said) {
    Answer made;
    made.at_ms = kNoon;
    made.session = "session-of-" + tx;
    made.tx = std::move(tx);
    made.decision = "decision-of-" + made.tx;
    made.entry = "ExecPrompt";
    made.format = "text";
    made.backend = "main";
    made.model = "m";
    made.texts.system = "be brief";
    made.texts.user = std::move(prompt);
    made.texts.answer = std::move(said);
    return made;
  }
  static std::shared_ptr<Log> must_open(const Options& options) {
    auto opened = Log::open(options, {});
    EXPECT_TRUE(opened) << opened.error().to_string();
    return opened ? *opened : nullptr;
  }
  static void add(Log& log, Answer made) {
    log.add(std::move(made));
    EXPECT_TRUE(log.flush(20s));
  }
  // A chain of `count` answers that has ended.
  void make_chain(int count) {
    const auto log = must_open(options());
    for (int i = 0; i < count; ++i)
      log->add(answer("tx-" + std::to_string(i), "prompt " + std::to_string(i), "yes"));
    EXPECT_TRUE(log->flush(20s));
  }
  std::vector<fs::path> record_files() const {
    std::vector<fs::path> paths;
    const auto files = *list_files(folder.audit());
    for (const auto& file : files) paths.push_back(folder.audit() / file.records());
    return paths;
  }
  Report verified(const fs::path& anchors = {}) const {
    auto report = verify(folder.audit(), anchors);
    EXPECT_TRUE(report) << report.error().to_string();
    return report ? *report : Report();
  }
  static std::string told(const Report& report) {
    std::string all;
    for (const auto& each : report.findings)
      all += each.file + ":" + std::to_string(each.line) + ": " + each.text + "\n";
    return all;
  }
};

}  // namespace gvm::audit
