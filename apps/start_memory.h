#pragma once

namespace gvm::apps {

// Gives back what only the start needed, once it is over: freed heap, and pages of code and
// constants, which the kernel maps 64 KiB around every one that is touched. What is needed again
// comes from the page cache, at some microseconds a page. Nothing may unload a library meanwhile.
void release_start_memory();

}  // namespace gvm::apps
