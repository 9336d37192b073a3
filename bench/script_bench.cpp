// The script engine: making a session, a host call and its return, an empty entry point, memory.
#include <benchmark/benchmark.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>

#include "script/script.h"

namespace {

using namespace gvm;
using namespace gvm::script;

asio::awaitable<Result<Value>> at_once(Session&, HostFunction::Args) {
  co_return Value::integer(1);
}
Result<Value> sync(Session&, HostFunction::Args&) {
  return Value::integer(1);
}

// About 40 KB of Lua beside the entry points, like the shipped libraries and a strategy.
std::string library_text() {
  std::string text = "local name, host = ...\nlocal t = host['t']\n";
  for (int i = 0; i < 80; ++i) {
    text += "function t.helper" + std::to_string(i) + "(a, b)\n";
    for (int line = 0; line < 8; ++line)
      text += "  if a.field ~= nil then a.field = b.other + 1 end\n";
    text += "  return a\nend\n";
  }
  return text + "return t\n";
}

std::shared_ptr<const Program> program() {
  static const auto loaded = [] {
    std::string file = (std::filesystem::temp_directory_path() / "gvm-bench-XXXXXX").string();
    close(mkstemp(file.data()));
    std::ofstream(file) << "local t = require('lib-t')\n"
                           "function Empty(ctx) end\n"
                           "function Sync(ctx, n) for i = 1, n do t.sync() end end\n"
                           "function Async(ctx, n) for i = 1, n do t.at_once() end end\n";
    ProgramOptions options;
    options.script_path = file;
    options.host.functions = {{"t", "sync", "", "", HostFunction::Sync(sync)},
                              {"t", "at_once", "", "", HostFunction::Async(at_once)}};
    options.libraries = {{"lib-t", library_text()}};
    auto result = Program::load(std::move(options));
    std::filesystem::remove(file);
    if (!result) std::abort();
    return std::move(*result);
  }();
  return loaded;
}

Value hello() {
  return Value::object({{"node_address", Value::string("0x00")},
                        {"host_data", Value::object({{"tx_id", Value::string("0x01")}})}});
}

std::unique_ptr<Session> open(asio::io_context& io) {
  auto session = Session::open(program(), io.get_executor(), log::Logger(),
                               std::make_unique<Services>(), hello());
  if (!session) std::abort();
  return std::move(*session);
}

void session_open_cold(benchmark::State& state) {
  asio::io_context io{1};
  std::size_t memory = 0;
  for (auto _ : state) memory = open(io)->memory_used();
  state.counters["bytes"] = static_cast<double>(memory);
}
BENCHMARK(session_open_cold);

void session_open_warm(benchmark::State& state) {
  asio::io_context io{1};
  SessionPool pool(program(), io.get_executor(), 1);
  for (auto _ : state) {
    state.PauseTiming();
    io.restart();
    io.run();
    state.ResumeTiming();
    auto session = pool.open(log::Logger(), std::make_unique<Services>(), hello());
    state.PauseTiming();
    session->reset();
    state.ResumeTiming();
  }
}
BENCHMARK(session_open_warm);

// A session and its end: the state serves the next one.
void session_open_and_end(benchmark::State& state) {
  asio::io_context io{1};
  SessionPool pool(program(), io.get_executor(), 1);
  io.run();
  for (auto _ : state) {
    auto session = pool.open(log::Logger(), std::make_unique<Services>(), hello());
    session->reset();
  }
  if (pool.ready() != 1) std::abort();  // it was made anew
}
BENCHMARK(session_open_and_end);

void run(benchmark::State& state, const char* entry, Deadline deadline) {
  asio::io_context io{1};
  auto session = open(io);
  const auto calls = state.range(0);
  for (auto _ : state) {
    std::vector<Argument> arguments;
    arguments.push_back({Value::integer(calls)});
    asio::co_spawn(io, session->call(entry, std::move(arguments), deadline),
                   [](std::exception_ptr, Result<Value> answer) {
                     if (!answer) std::abort();
                   });
    io.restart();
    io.run();
  }
  state.SetItemsProcessed(state.iterations() * std::max<std::int64_t>(calls, 1));
}

void entry_point_empty(benchmark::State& state) {
  run(state, "Empty", Deadline::never());
}
BENCHMARK(entry_point_empty)->Arg(0);
void entry_point_with_deadline(benchmark::State& state) {
  run(state, "Empty", Deadline::in(std::chrono::hours(1)));
}
BENCHMARK(entry_point_with_deadline)->Arg(0);
void host_call_sync(benchmark::State& state) {
  run(state, "Sync", Deadline::never());
}
BENCHMARK(host_call_sync)->Arg(1000);
void host_call_async(benchmark::State& state) {
  run(state, "Async", Deadline::never());
}
BENCHMARK(host_call_async)->Arg(1000);

}  // namespace
