// A task of a job array: makes the runs of its part of the job's record, one after the other.
#pragma once

#include <filesystem>

namespace sinkmoe::queue {

// Exit code: 0 all done; 1 some failed; 75 interrupted with a checkpoint. Asks to be queued again after SIGUSR1, which the
// scheduler sends before the time limit; after SIGTERM the scheduler itself knows what comes next. Throws Error: not
// started by a scheduler, not the job that was recorded, a record that is not there.
int task_main(const std::filesystem::path& job_folder);

}  // namespace sinkmoe::queue
