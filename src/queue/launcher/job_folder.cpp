#include "queue/launcher/job_folder.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <nlohmann/json.hpp>
#include <system_error>

#include "core/error.h"
#include "core/file.h"
#include "core/text/safe_name.h"
#include "core/text/split_join.h"

namespace sinkmoe::queue {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

namespace {

constexpr uint64_t kRecordBytes = 64 << 20, kBeatBytes = 1 << 16;

// A name for a folder from that of an experiment, which may hold overrides: "quick model=small".
std::string folder_name(const std::string& experiment) {
  std::string name;
  for (const char c : experiment.substr(0, 60))
    name += std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '.' ? c : '-';
  return safe_name(name) ? name : "sweep";
}

Json json_of(const store::Owner& o) {
  return {{"host", o.host}, {"boot", o.boot}, {"pid", o.pid}, {"start", o.start}};
}

}  // namespace

fs::path jobs_folder(const fs::path& db) { return folder_beside(fs::absolute(db), ".jobs"); }

fs::path make_job_folder(const fs::path& db, const std::string& experiment) {
  const fs::path jobs = jobs_folder(db);
  ensure_writable_folder(jobs);
  for (int n = 1; n < 100'000; ++n) {
    const fs::path folder = jobs / (folder_name(experiment) + "-" + std::to_string(n));
    std::error_code error;
    if (fs::create_directory(folder, error)) return folder;
    if (error) throw system_error("cannot make the job's folder", error.value(), folder.string());
  }
  throw Error("too many job folders", jobs.string(), "remove those of jobs that are over");
}

void write_record(const fs::path& folder, const JobRecord& r) {
  Json data = Json::object();
  for (const auto& [run, hash] : r.data) data[run] = hash;
  const Json json = {{"launcher", r.launcher},
                     {"experiment", r.experiment},
                     {"job", r.job_kind},
                     {"db", r.db.string()},
                     {"tasks", r.tasks},
                     {"data", data},
                     {"submitter", json_of(r.submitter)},
                     {"keep", name_of(r.keep)},
                     {"retry_failed", r.retry_failed},
                     {"crash_limit", r.crash_limit},
                     {"lease_seconds", r.lease_seconds},
                     {"stall_seconds", r.stall_seconds}};
  write_file_atomic(folder / "job.json",
                    json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n");
}

JobRecord read_record(const fs::path& folder) {
  const fs::path path = folder / "job.json";
  try {
    const Json json = Json::parse(read_file(path, kRecordBytes));
    JobRecord r{.launcher = json.at("launcher"),
                .experiment = json.at("experiment"),
                .job_kind = json.at("job"),
                .db = json.at("db").get<std::string>(),
                .tasks = json.at("tasks"),
                .keep = parse_name<Keep>(json.at("keep").get<std::string>(), path.string()),
                .retry_failed = json.at("retry_failed"),
                .crash_limit = json.at("crash_limit"),
                .lease_seconds = json.at("lease_seconds"),
                .stall_seconds = json.at("stall_seconds")};
    for (const auto& [run, hash] : json.at("data").items())
      r.data.emplace_back(run, hash.get<std::string>());
    const Json& o = json.at("submitter");
    r.submitter = {o.at("host"), o.at("boot"), o.at("pid"), o.at("start")};
    return r;
  } catch (const nlohmann::json::exception& e) {
    throw Error(std::string("it is not the record of a job: ") + e.what(), path.string(),
                "'sinkmoe run --launcher' writes it; run that command again");
  }
}

bool settle_job_id(const fs::path& folder, const std::string& id) {
  // The text is complete before it has its name, and link() fails if the name is taken.
  const fs::path path = folder / "job.id",
                 aside = folder / ("job.id." + std::to_string(::getpid()) + ".tmp");
  write_file_atomic(aside, id + "\n");
  const int linked = ::link(aside.c_str(), path.c_str());
  const int why = errno;
  std::error_code left;
  fs::remove(aside, left);
  if (linked != 0 && why != EEXIST) throw system_error("cannot record the job", why, path.string());
  return linked == 0;
}

std::string job_id(const fs::path& folder) {
  std::error_code error;
  if (!fs::exists(folder / "job.id", error)) return "";
  return std::string(trim(read_file(folder / "job.id", kBeatBytes)));
}

fs::path task_database(const fs::path& db, const std::string& run_id) {
  return run_folder(fs::absolute(db), run_id) / kTaskDatabase;
}

void write_beat(const fs::path& run_folder, const Beat& b) {
  Json json = {{"job", b.job},
               {"task", b.task},
               {"count", b.count},
               {"host", b.host},
               {"status", name_of(b.status)},
               {"step", b.progress.step},
               {"steps", b.progress.steps},
               {"loss", b.progress.loss},
               {"tokens_per_second", b.progress.tokens_per_second},
               {"imbalance", b.progress.imbalance},
               {"sink_rate", b.progress.sink_rate},
               {"seconds", b.seconds},
               {"first_step", b.first_step}};
  if (b.evaluated) json["evaluated"] = *b.evaluated;
  write_file_atomic(run_folder / "beat.json",
                    json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
}

std::optional<Beat> read_beat(const fs::path& run_folder) try {
  std::error_code error;
  if (!fs::exists(run_folder / "beat.json", error)) return std::nullopt;
  const Json json = Json::parse(read_file(run_folder / "beat.json", kBeatBytes));
  const auto number = [&](const char* key) {
    return json.at(key).is_number() ? json.at(key).get<double>() : 0;
  };
  Beat beat{.job = json.at("job"),
            .task = json.at("task"),
            .count = json.at("count"),
            .host = json.at("host"),
            .status = parse_name<RunStatus>(json.at("status").get<std::string>()),
            .progress = {json.at("step"), json.at("steps"), number("loss"),
                         number("tokens_per_second"), number("imbalance"), number("sink_rate")},
            .seconds = number("seconds"),
            .first_step = json.at("first_step")};
  if (json.contains("evaluated")) beat.evaluated = number("evaluated");
  return beat;
} catch (const nlohmann::json::exception&) {
  return std::nullopt;
} catch (const Error&) {
  return std::nullopt;
}

}  // namespace sinkmoe::queue
