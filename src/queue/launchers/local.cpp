// The launcher "local": this process starts the workers (queue/supervisor).
#include "queue/launcher/launcher.h"

namespace sinkmoe::queue {

namespace {

const Registration<Launcher> reg{{.name = "local", .help = "workers on this computer"}};

}  // namespace

}  // namespace sinkmoe::queue
