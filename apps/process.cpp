#include "apps/process.h"

#include <sys/prctl.h>
#include <sys/resource.h>

#include <csignal>
#include <cstring>
#include <initializer_list>

namespace gvm::apps {

void ignore_stray_signals() {
  for (const int number : {SIGHUP, SIGPIPE, SIGUSR1, SIGUSR2}) (void)std::signal(number, SIG_IGN);
  // A file that may not grow is an error of its write, such as a full disk.
  (void)std::signal(SIGXFSZ, SIG_IGN);
}

void hide_from_core_dumps() {
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  ::prctl(PR_SET_DUMPABLE, 0);
}

void hide_argument(int argc, char** argv, const char* option) {
  const std::size_t length = std::strlen(option);
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], option) == 0 && i + 1 < argc) {
      std::memset(argv[i + 1], '*', std::strlen(argv[i + 1]));
    } else if (std::strncmp(argv[i], option, length) == 0 && argv[i][length] == '=') {
      std::memset(argv[i] + length + 1, '*', std::strlen(argv[i]) - length - 1);
    }
  }
}

}  // namespace gvm::apps
