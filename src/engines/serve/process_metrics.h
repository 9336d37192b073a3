#pragma once
// What Prometheus' client libraries tell of every process, under their names: processor time,
// memory, threads, file descriptors.
#include "base/metrics.h"

namespace gvm::serve {

// What the system does not tell is left out. Takes some microseconds, and a microsecond for each
// ten open descriptors.
void write_process_metrics(metrics::Exposition& out);

}  // namespace gvm::serve
