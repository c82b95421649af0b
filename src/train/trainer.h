// The training loop. It takes ready parts and returns plain values; it knows no database, no
// command-line option and no signal.
#pragma once

#include "config/job.h"
#include "core/run/run.h"
#include "data/source.h"
#include "data/tasks/tasks.h"

namespace sinkmoe::ranks {
class Group;
}

namespace sinkmoe::train {

// Trains to the end, or until a stop is requested (it then writes a checkpoint), or until it
// diverges: the loss, the gradient or a weight or moment is not finite, or the loss stays above ln
// V + 1 after warm-up. Throws Error for bad input.
//
// Rows of step s are passed on before the checkpoint of step s, so a resumed run repeats none of them.
//
// With a group of ranks every rank calls it with the same job. They train one model: each has its rows
// of every batch and evaluation, and the numbers are those of the whole. Rank 0 alone writes files; what
// the other ranks report is the same and may be ignored, and only rank 0 is asked whether to stop.
// Throws ranks::RankLost if another rank is gone.
RunEnd train(const config::Job& job, const data::DataSource& source, RunReporter& reporter,
             const data::TaskSet& tasks = {}, ranks::Group* group = nullptr);

}  // namespace sinkmoe::train
