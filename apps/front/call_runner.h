#pragma once
// Sends one request a number of times over a number of sessions; prints the answer and a summary of
// latencies.
#include <string>

#include "base/value.h"
#include "client/connection.h"

namespace gvm::apps {

struct CallPlan {
  std::string url;
  double timeout_seconds = 300;
  int repeat = 1;
  int concurrency = 1;
  std::string generation = "a";  // a, b or c: the generation whose hello is sent
  std::string host_data;         // JSON object
  std::string token;             // of the module's serve.peers, or "env:NAME"; empty: none
  client::TlsTrust trust;        // of wss:// and tls://
  std::string out_file;          // for a page, a picture or a body; empty: shown
};

// The exit code of the worst result.
int run_call(const CallPlan& plan, Value request);

}  // namespace gvm::apps
