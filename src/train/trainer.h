// The training loop. It takes ready parts and returns plain values; it knows no database, no
// command-line option and no signal.
#pragma once

#include "config/job.h"
#include "core/run/run.h"
#include "data/source.h"
#include "data/tasks/tasks.h"

namespace sinkmoe::train {

// Trains to the end, or until a stop is requested (it then writes a checkpoint), or until it
// diverges: the loss, the gradient or a weight or moment is not finite, or the loss stays above ln
// V + 1 after warm-up. Throws Error for bad input.
//
// Rows of step s are passed on before the checkpoint of step s, so a resumed run repeats none of them.
RunEnd train(const config::Job& job, const data::DataSource& source, RunReporter& reporter,
             const data::TaskSet& tasks = {});

}  // namespace sinkmoe::train
