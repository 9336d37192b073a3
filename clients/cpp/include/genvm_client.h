#pragma once
// A client for GenVM Modules: the LLM module and the web module of GenLayer's GenVM. C++17, POSIX,
// headers only, nothing to link. For tls:// addresses include genvm_client/tls.h as well, which
// needs OpenSSL.
//
//   genvm::Client llm("tcp://127.0.0.1:3031", genvm::Hello::b(1));
//   std::string answer = llm.prompt("What is the capital of France?").data;
#include "genvm_client/client.h"
