#pragma once
// The span of one call at a model: OpenTelemetry's attributes for generative models and for HTTP.
// No text of prompts or answers.
#include "dispatch/candidate_call.h"
#include "trace/span.h"

namespace gvm::dispatch {

trace::Span begin_call_span(const RunContext& context, const provider::Target& target,
                            const CandidateCallSpec& spec);
void end_call_span(trace::Span& span, const CandidateCall& call);

}  // namespace gvm::dispatch
