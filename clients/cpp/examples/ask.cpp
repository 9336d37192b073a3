// Asks an LLM module and, with a second address, a web module.
// Usage: ask tcp://127.0.0.1:3031 [tcp://127.0.0.1:3032 URL]
#include <genvm_client.h>

#include <iostream>

namespace {

void ask_llm(const std::string& address) {
  genvm::Client llm(address, genvm::Hello::b(1));
  std::cout << "health: " << llm.health().fields.find("status")->as_string() << "\n";
  std::cout << "answer: " << llm.prompt("What is the capital of France?").data << "\n";
  const auto verdict =
      llm.eq_comparative("The sky is blue.", "The colour of the sky is blue.", "The same meaning");
  std::cout << "the same: " << std::boolalpha << verdict.data << "\n";
}

void ask_web(const std::string& address, const std::string& url) {
  genvm::Client web(address, genvm::Hello::c(1, genvm::Role::leader));
  genvm::WebRequest request;
  request.url = url;
  request.size_limit = 1 << 20;
  const auto response = web.request(request);
  std::cout << "status: " << response.status << " bytes: " << response.body.size() << "\n";
  genvm::RenderRequest page;
  page.url = url;
  std::cout << "page: " << web.render_text(page).substr(0, 200) << "\n";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 64;
  try {
    ask_llm(argv[1]);
    if (argc > 3) ask_web(argv[2], argv[3]);
  } catch (const genvm::UserError& error) {
    std::cout << "a contract may catch this: " << error.code() << " " << error.detail() << "\n";
    return 2;
  } catch (const genvm::FatalError& error) {
    std::cout << "the operator must act: " << error.what() << "\n";
    return 3;
  } catch (const genvm::TransportError& error) {
    std::cout << "no answer: " << error.what() << "\n";
    return 4;
  }
  return 0;
}
