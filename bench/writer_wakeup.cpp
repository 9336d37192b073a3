// How late a lane wakes up while the ledger's writer runs on the same core, by the writer's
// scheduling. Both threads are pinned to one core. The lane sleeps to a deadline, notes how late it
// woke and works a little; the writer commits groups of calls and decision records to SQLite, as
// the ledger does. The ways to schedule take turns in every round, and the median of the rounds is
// printed, so that other load on the machine meets all of them alike.
//
// writer_wakeup [rounds] [milliseconds a way] [core]; the database is made in TMPDIR.
#include <pthread.h>
#include <sched.h>
#include <sqlite3.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto kLanePeriod = 300us;  // 3,300 wake-ups a second
constexpr auto kLaneWork = 40us;
constexpr auto kGroupPeriod = 80ms;
constexpr int kGroupCalls = 256;  // 3,200 calls a second
constexpr int kPackedRecords = 64;
constexpr std::size_t kRecordBytes = 1'200;

enum class Yields : bool { never, every_50_us };
constexpr std::chrono::nanoseconds kDefaultSlice{0};

// How the writer is scheduled.
struct Way {
  const char* name;
  int policy = SCHED_OTHER;
  int nice = 0;  // above the program's own
  std::chrono::nanoseconds slice = kDefaultSlice;
  Yields yields = Yields::never;
  bool writes = true;
};
constexpr Way kWays[] = {
    {.name = "no writer", .writes = false},
    {.name = "as any thread"},
    {.name = "SCHED_BATCH", .policy = SCHED_BATCH},
    {.name = "SCHED_BATCH, nice 5", .policy = SCHED_BATCH, .nice = 5},
    {.name = "SCHED_BATCH, nice 10", .policy = SCHED_BATCH, .nice = 10},
    {.name = "SCHED_BATCH, nice 19", .policy = SCHED_BATCH, .nice = 19},
    {.name = "yields every 50 us", .slice = 100us, .yields = Yields::every_50_us},
    {.name = "yields, SCHED_BATCH, nice 5",
     .policy = SCHED_BATCH,
     .nice = 5,
     .slice = 100us,
     .yields = Yields::every_50_us},
};

bool g_yields = false;  // of the writer's thread

void offer_core() {
  thread_local Clock::time_point began{};
  if (!g_yields || Clock::now() - began < 50us) return;
  ::sched_yield();
  began = Clock::now();
}

// The system's VFS, which yields the core after each write of a page.
struct Methods {
  sqlite3_io_methods ours;
  const sqlite3_io_methods* base;
};
Methods g_methods[2];
int g_kinds = 0;

int yielding_write(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 at) {
  const int result =
      reinterpret_cast<const Methods*>(file->pMethods)->base->xWrite(file, bytes, size, at);
  offer_core();
  return result;
}

int yielding_open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out) {
  auto* const base = static_cast<sqlite3_vfs*>(vfs->pAppData);
  const int result = base->xOpen(base, name, file, flags, out);
  if (result != SQLITE_OK) return result;
  for (int i = 0; i < g_kinds; ++i) {
    if (g_methods[i].base == file->pMethods) {
      file->pMethods = &g_methods[i].ours;
      return result;
    }
  }
  if (g_kinds == 2) throw std::runtime_error("another kind of file");
  auto& made = g_methods[g_kinds++];
  made = {*file->pMethods, file->pMethods};
  made.ours.xWrite = yielding_write;
  file->pMethods = &made.ours;
  return result;
}

const char* yielding_vfs() {
  static sqlite3_vfs vfs = [] {
    sqlite3_vfs made = *sqlite3_vfs_find(nullptr);
    made.pAppData = sqlite3_vfs_find(nullptr);
    made.zName = "yielding";
    made.pNext = nullptr;
    made.xOpen = yielding_open;
    return made;
  }();
  sqlite3_vfs_register(&vfs, 0);
  return vfs.zName;
}

class Database {
 public:
  explicit Database(const std::string& path) {
    check(sqlite3_open_v2(path.c_str(), &handle_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
                          yielding_vfs()));
    run("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
        "CREATE TABLE entries(id INTEGER PRIMARY KEY, made_ms INTEGER, settled_ms INTEGER, backend "
        "TEXT, model TEXT,"
        "  session TEXT, tx TEXT, contract TEXT, nano_usd INTEGER, tokens INTEGER, charges TEXT);"
        "CREATE INDEX entries_by_time ON entries(made_ms);"
        "CREATE TABLE record_packs(id INTEGER PRIMARY KEY, newest_ms INTEGER, ids BLOB, body "
        "BLOB)");
    call_ = prepare(
        "INSERT INTO entries VALUES(?,?,?,'openai','gpt-4o-mini',?,"
        "'0x4f2d6b1c4e0d9b8a7c6f5e4d3c2b1a09f8e7d6c5b4a3928170f1e2d3c4b5a697',"
        "'0x00000000000000000000000000000000000000bb',12345,900,"
        "'[[\"all\",\"day\",\"usd\",\"\",1736942400],[\"backend\",\"rolling "
        "hour\",\"tokens\",\"backend=openai\",1736942400]]')");
    record_ = prepare("INSERT INTO record_packs(newest_ms, ids, body) VALUES(?,?,?)");
  }
  ~Database() {
    sqlite3_finalize(call_);
    sqlite3_finalize(record_);
    sqlite3_close(handle_);
  }
  void commit_group() {
    run("BEGIN IMMEDIATE");
    for (int i = 0; i < kGroupCalls; ++i, ++number_) {
      offer_core();
      sqlite3_bind_int64(call_, 1, number_);
      sqlite3_bind_int64(call_, 2, number_ / 3);
      sqlite3_bind_int64(call_, 3, number_ / 3 + 1);
      sqlite3_bind_int64(call_, 4, number_ * 7);
      step(call_);
      offer_core();
      body_ += record_text();
      if (i % kPackedRecords == kPackedRecords - 1) store_records();
    }
    run("COMMIT");
  }

 private:
  static void check(int result) {
    if (result != SQLITE_OK) throw std::runtime_error(sqlite3_errstr(result));
  }
  void run(const char* sql) { check(sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr)); }
  sqlite3_stmt* prepare(const char* sql) {
    sqlite3_stmt* made = nullptr;
    check(sqlite3_prepare_v2(handle_, sql, -1, &made, nullptr));
    return made;
  }
  static void step(sqlite3_stmt* statement) {
    if (sqlite3_step(statement) != SQLITE_DONE) throw std::runtime_error("no row was written");
    sqlite3_reset(statement);
  }
  void store_records() {
    const std::string ids(8 * kPackedRecords, 'i');
    sqlite3_bind_int64(record_, 1, number_ / 3);
    sqlite3_bind_blob(record_, 2, ids.data(), static_cast<int>(ids.size()), SQLITE_STATIC);
    sqlite3_bind_blob(record_, 3, body_.data(), static_cast<int>(body_.size()), SQLITE_STATIC);
    step(record_);
    body_.clear();
  }
  std::string record_text() const {
    std::string text;
    while (text.size() < kRecordBytes)
      text += "{\"candidate\":" + std::to_string(number_) +
              ",\"why\":\"healthy\",\"us\":" + std::to_string(text.size()) + "},";
    return text;
  }

  sqlite3* handle_ = nullptr;
  sqlite3_stmt* call_ = nullptr;
  sqlite3_stmt* record_ = nullptr;
  std::int64_t number_ = 1;
  std::string body_;
};

void pin(int core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(core, &set);
  if (::sched_setaffinity(0, sizeof set, &set) != 0) throw std::runtime_error("cannot pin");
}

struct SchedAttributes {  // sched_setattr(2), version 0
  std::uint32_t size = sizeof(SchedAttributes), policy = SCHED_OTHER;
  std::uint64_t flags = 0;
  std::int32_t nice = 0;
  std::uint32_t priority = 0;
  std::uint64_t runtime = 0, deadline = 0, period = 0;
};

void schedule_as(const Way& way, int nice_before) {
  SchedAttributes wanted;
  wanted.policy = static_cast<std::uint32_t>(way.policy);
  wanted.nice = std::min(nice_before + way.nice, 19);
  g_yields = way.yields == Yields::every_50_us;
  wanted.runtime = static_cast<std::uint64_t>(way.slice.count());
  if (::syscall(SYS_sched_setattr, 0, &wanted, 0U) != 0) throw std::runtime_error("sched_setattr");
}

void write_until(const std::atomic<bool>& stop, const Way& way, int core, const std::string& folder,
                 int nice_before, std::atomic<int>& groups) {
  pin(core);
  Database database(folder + "/wakeup-" + std::to_string(Clock::now().time_since_epoch().count()) +
                    ".db");
  schedule_as(way, nice_before);
  auto next = Clock::now();
  while (!stop) {
    database.commit_group();
    ++groups;
    next += kGroupPeriod;
    std::this_thread::sleep_until(next);
  }
}

// Of the writer's thread, in microseconds; 0 without a writer.
double used_by(const std::optional<clockid_t>& writer) {
  timespec used{};
  if (writer) ::clock_gettime(*writer, &used);
  return static_cast<double>(used.tv_sec) * 1e6 + static_cast<double>(used.tv_nsec) / 1e3;
}

std::vector<double> lane_for(std::chrono::milliseconds span, std::optional<clockid_t> writer) {
  ::prctl(PR_SET_TIMERSLACK, 1);
  std::vector<double> late;
  const auto end = Clock::now() + span;
  auto next = Clock::now() + kLanePeriod;
  while (next < end) {
    const auto used_before = used_by(writer);
    std::this_thread::sleep_until(next);
    const auto woke = Clock::now();
    const auto lateness = std::chrono::duration<double, std::micro>(woke - next).count();
    late.push_back(writer ? std::min(lateness, used_by(writer) - used_before) : lateness);
    while (Clock::now() - woke < kLaneWork) {
    }
    next = std::max(next + kLanePeriod, Clock::now() + 1us);
  }
  std::ranges::sort(late);
  return late;
}

double at(const std::vector<double>& sorted, double share) {
  return sorted[static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1))];
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return at(values, 0.5);
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 7;
  const std::chrono::milliseconds span(argc > 2 ? std::atoi(argv[2]) : 2'000);
  const int core = argc > 3 ? std::atoi(argv[3]) : 0;
  const auto folder = (std::filesystem::temp_directory_path() / "gvm-wakeup").string();
  const int nice_before = ::getpriority(PRIO_PROCESS, 0);
  pin(core);
  struct Row {
    std::vector<double> p50, p99, p999, groups;
  };
  Row rows[std::size(kWays)];
  for (int round = 0; round < rounds; ++round) {
    for (std::size_t i = 0; i < std::size(kWays); ++i) {
      std::filesystem::create_directories(folder);
      std::atomic<bool> stop{false};
      std::atomic<int> groups{0};
      std::thread writer;
      if (kWays[i].writes)
        writer =
            std::thread([&] { write_until(stop, kWays[i], core, folder, nice_before, groups); });
      std::optional<clockid_t> clock;
      if (writer.joinable()) {
        clock.emplace();
        ::pthread_getcpuclockid(writer.native_handle(), &*clock);
      }
      const auto late = lane_for(span, clock);
      stop = true;
      if (writer.joinable()) writer.join();
      std::filesystem::remove_all(folder);
      rows[i].p50.push_back(at(late, 0.5));
      rows[i].p99.push_back(at(late, 0.99));
      rows[i].p999.push_back(at(late, 0.999));
      rows[i].groups.push_back(groups);
    }
  }
  std::printf("%-40s %8s %8s %8s %7s   (us late; medians of %d rounds)\n", "the writer", "p50",
              "p99", "p99.9", "groups", rounds);
  for (std::size_t i = 0; i < std::size(kWays); ++i)
    std::printf("%-40s %8.1f %8.1f %8.1f %7.0f\n", kWays[i].name, median(rows[i].p50),
                median(rows[i].p99), median(rows[i].p999), median(rows[i].groups));
}
