#pragma once
// Sites of the web, as `script test` plays them: the module under test reaches them through a proxy
// on loopback. Thread safe.
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "apps/front/mock_server.h"
#include "base/value.h"

namespace gvm::apps {

class MockSites {
 public:
  // The next answer of that URL, whose fragment does not count; the last one is repeated. False:
  // it is no absolute URL.
  bool plan(const std::string& url, MockReply reply);
  // `request.target` is a whole URL.
  MockReply answer(const MockRequest& request);

  // {method, url, headers, body}
  std::vector<Value> sent() const;
  // URLs that were asked for and had no answer planned.
  std::vector<std::string> unplanned() const;
  void reset();

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::deque<MockReply>> plans_;
  std::vector<Value> sent_;
  std::vector<std::string> unplanned_;
};

}  // namespace gvm::apps
