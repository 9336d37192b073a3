#include "e2e/hostile_ways.h"

#include <fstream>
#include <sstream>
#include <stdexcept>

#include "support/paths.h"
#include "text/json.h"

namespace gvm::e2e {
namespace {

std::string text_at(const Value& value, std::string_view key) {
  const Value* found = value.find(key);
  return found == nullptr ? "" : std::string(found->as_string().value_or(""));
}

File file_of(const Value& value) {
  File file;
  file.body = text_at(value, "body");
  file.type = text_at(value, "type");
  if (const Value* status = value.find("status"))
    file.status = static_cast<int>(status->as_integer()->to_i64().value_or(0));
  if (const Value* headers = value.find("headers")) {
    for (const auto& [name, text] : *headers->as_map())
      file.headers.emplace_back(name.view(), *text.as_string());
  }
  return file;
}

std::string replaced(std::string text, std::string_view what, std::string_view with) {
  for (auto at = text.find(what); at != text.npos; at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
  return text;
}

}  // namespace

std::vector<Way> hostile_ways() {
  std::ifstream in(test::source_dir() + "/tests/data/hostile/ways.json");
  std::ostringstream text;
  text << in.rdbuf();
  const auto rows = text::parse_json(text.str());
  if (!rows) throw std::runtime_error(rows.error().to_string());
  std::vector<Way> out;
  for (const Value& row : *rows->as_array()) {
    Way way;
    way.name = text_at(row, "name");
    const bool* reaches = row.find("reaches")->as_bool();
    way.always_reaches = reaches != nullptr && *reaches;
    way.never_reaches = reaches != nullptr && !*reaches;
    way.files["/page"].body = text_at(row, "html");
    if (const Value* files = row.find("files")) {
      for (const auto& [path, file] : *files->as_map())
        way.files[std::string(path.view())] = file_of(file);
    }
    out.push_back(std::move(way));
  }
  return out;
}

void HostileSite::show(const Way& way, const std::string& target) {
  const std::lock_guard lock(mutex_);
  files_ = way.files;
  // Without the port; the colons of an IPv6 address stand before its bracket.
  const auto colon = target.rfind(':');
  const bool has_port = colon != target.npos && target.back() != ']';
  const std::string host = has_port ? target.substr(0, colon) : target;
  const auto fill = [&](std::string text) {
    text = replaced(std::move(text), "{URL}", "http://" + target + "/hit");
    text = replaced(std::move(text), "{URLS}", "https://" + target + "/hit");
    text = replaced(std::move(text), "{WSS}", "wss://" + target + "/hit");
    text = replaced(std::move(text), "{WS}", "ws://" + target + "/hit");
    text = replaced(std::move(text), "{NAME}", way.name);
    return replaced(std::move(text), "{HOST}", host);
  };
  for (auto& [path, file] : files_) {
    file.body = fill(file.body);
    for (auto& [name, text] : file.headers) text = fill(text);
  }
}

test::HttpServer::Reply HostileSite::answer(const test::HttpServer::Request& request) {
  const std::lock_guard lock(mutex_);
  test::HttpServer::Reply reply;
  const auto found = files_.find(request.target.substr(0, request.target.find('?')));
  if (found == files_.end()) {
    reply.status = request.target == "/hit" ? 200 : 404;
    return reply;
  }
  reply.status = found->second.status;
  reply.body = found->second.body;
  reply.headers = found->second.headers;
  reply.headers.emplace_back("Content-Type", found->second.type);
  return reply;
}

}  // namespace gvm::e2e
