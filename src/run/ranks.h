// A run on several ranks: what rank 0 does besides training, and what the others do.
#pragma once

#include <functional>
#include <optional>

#include "config/job.h"
#include "core/run/run.h"
#include "queue/rank_place.h"
#include "ranks/ranks.h"

namespace sinkmoe::run {

// Opens the data of the job, calls `connect` once for the group, and trains. The ranks are connected
// only after each has opened its data, so that a rank whose data are refused can say so.
using Connect = std::function<ranks::Group&()>;
using TrainOn = std::function<RunEnd(const config::Job&, RunReporter&, const Connect& connect)>;

// As rank 0: gives the job to the other ranks (which it starts on this host, unless `place` says
// that a launcher has started them), and trains with them. If a rank dies or does not answer, all
// that were started here are ended, and the message of the end names it; the run can be resumed.
RunEnd lead(const config::Job& job, RunReporter& reporter,
            const std::optional<queue::RankPlace>& place, const TrainOn& train);

// As another rank, in a process of its own that ends with `parent`: gets the job and trains. Returns
// an exit code.
int take_part(int64_t parent, const TrainOn& train);

// As `sinkmoe run` where RANK is not 0: takes part in run after run until rank 0 has no more. Returns
// an exit code.
int take_part_in_all();
// As `sinkmoe run` where RANK is 0: tells the others that there are no more runs.
void dismiss(const queue::RankPlace& place);

}  // namespace sinkmoe::run
