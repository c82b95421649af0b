// The one training loop. It takes ready parts and hands out plain values; it knows no database,
// no flag, no signal.
#pragma once

#include "config/job.h"
#include "core/run.h"
#include "data/source.h"
#include "data/tasks/tasks.h"

namespace sinkmoe::train {

// Trains to the end, or until a stop is asked for (it then writes a checkpoint), or until the loss,
// the gradient or what a checkpoint would hold is not finite or the loss stays above ln V + 1 after
// warm-up (diverged). Throws Error for bad input.
//
// Rows of step s are handed out before the checkpoint of step s, so a resumed run
// repeats none of them.
RunEnd train(const config::Job& job, const data::DataSource& source, RunReporter& reporter,
             const data::TaskSet& tasks = {});

}  // namespace sinkmoe::train
