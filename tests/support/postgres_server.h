#pragma once
// A PostgreSQL server for one test: in a temporary folder, on a Unix socket only, removed with the
// test. It refuses to run as root, so for root it runs as `nobody`.
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "support/process.h"

namespace gvm::test {

class PostgresServer {
 public:
  // Empty when this machine has no PostgreSQL server; missing() is then the sentence for skipping
  // the test. Throws when there is one that does not start.
  static std::unique_ptr<PostgresServer> start();
  static std::string missing();
  ~PostgresServer();
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  // postgresql://... of its one database.
  std::string url() const;
  // Runs a statement like psql. Throws when it fails; returns the rows in psql's unaligned form.
  std::string run_sql(const std::string& sql) const;

  // Kills it, as a crash would; connections break.
  void crash();
  // Starts it again on the same data.
  void restart();

 private:
  explicit PostgresServer(std::filesystem::path folder) : folder_(std::move(folder)) {}
  void make_data();
  void launch();
  std::vector<std::string> as_server(std::vector<std::string> command) const;

  std::filesystem::path folder_;
  std::unique_ptr<Process> process_;
};

}  // namespace gvm::test
