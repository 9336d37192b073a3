#pragma once
// A PostgreSQL server of a test's own: in a temporary folder, on a Unix socket only, gone with the
// test. It refuses to run as root, so it is dropped to `nobody` there.
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "support/process.h"

namespace gvm::test {

class PostgresServer {
 public:
  // Empty when this machine has no PostgreSQL server; missing() is the sentence for the skip.
  // Throws when it has one that does not start.
  static std::unique_ptr<PostgresServer> start();
  static std::string missing();
  ~PostgresServer();
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  // postgresql://... of its one database.
  std::string url() const;
  // As an operator with psql. Throws when the statement fails; the rows as psql prints them,
  // without decoration.
  std::string run_sql(const std::string& sql) const;

  // Ends it at once, as a crash does; connections break.
  void crash();
  // Again on the same data.
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
