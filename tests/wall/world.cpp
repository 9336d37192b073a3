#include "wall/world.h"

#include <fmt/format.h>

#include <atomic>

#include "support/mock_upstream/answer.h"

namespace gvm::wall {
namespace {

// The prompt says which backend to ask, and in which format. Errors are passed on unchanged.
// Whatever the format, the answer is a string, and "whole" only when nothing is missing from it.
constexpr std::string_view kScript = R"lua(
local llm = require("lib-llm")
function ExecPrompt(ctx, args)
  local provider, format = args.prompt:match("^(%S+) (%S+) ")
  local answer = llm.rs.exec_prompt_in_provider(ctx, { provider = provider, model = "m",
    format = format, prompt = { user_message = args.prompt, temperature = 0, images = {},
    max_tokens = 100 } })
  if format == "json" then
    answer.data = tostring(answer.data.result) .. " " .. tostring(answer.data.answer)
  elseif format == "bool" then
    answer.data = tostring(answer.data)
  end
  return answer
end
function ExecPromptTemplate() error("not here") end
)lua";

std::string provider_name(mock::Form form, mock::Transport transport, Total total) {
  return fmt::format("{}-{}-{}", transport == mock::Transport::tls ? "tls" : "plain",
                     form_name(form), total == Total::patient ? "patient" : "impatient");
}

std::string timeouts(Total total) {
  return fmt::format("timeouts: {{connect: {0}ms, first_byte: {0}ms, idle: {0}ms, total: {1}ms}}",
                     kSilence.count(), (total == Total::patient ? kPatient : kImpatient).count());
}

std::string backends_of(const mock::MockUpstream& upstream, mock::Transport transport) {
  std::string out;
  for (const auto& [name, form] : mock::kForms) {
    for (const Total total : {Total::impatient, Total::patient}) {
      out += e2e::backend({.name = provider_name(form, transport, total),
                           .host = upstream.url(),
                           .provider = std::string(name),
                           .more = "key: some-key, " + timeouts(total)});
    }
  }
  return out;
}

}  // namespace

World::World()
    : plain_({.name = "Ann"}),
      tls_({.name = "Tom", .transport = mock::Transport::tls}),
      module_({.backends = backends_of(plain_, mock::Transport::plain) +
                           backends_of(tls_, mock::Transport::tls),
               .script = std::string(kScript),
               .more = "http: {ca_file: \"" + folder_.write("ca.pem", tls_.authority_pem()) +
                       "\"}\n"}) {}

std::string World::text_for(const Question& question, std::string_view marker) {
  static std::atomic<int> count = 0;
  return fmt::format("{} {} {} number {}",
                     provider_name(question.form, question.transport, question.total),
                     question.format, marker, ++count);
}

std::string World::whole_answer(const Question& question, const std::string& text) {
  mock::Call call;
  call.text = text;
  const std::string words =
      mock::words_for(call, question.transport == mock::Transport::tls ? "Tom" : "Ann");
  if (question.format == "json") return "true " + words;
  return question.format == "bool" ? "true" : words;
}

void World::calm() {
  for (mock::MockUpstream* upstream : {&plain_, &tls_}) {
    upstream->set_rules({});
    upstream->close_idle_connections();
  }
}

}  // namespace gvm::wall
