#include "store/schema/schema.h"

#include "core/file.h"
#include "store/schema/sql_views.h"

namespace sinkmoe::store {

namespace fs = std::filesystem;

namespace {

// Tables are STRICT. Key columns that may not apply (layer, head) are -1, never NULL. Values are
// finite.
constexpr const char* kTables = R"sql(
CREATE TABLE experiment(
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  title TEXT NOT NULL,
  path TEXT NOT NULL,            -- of the sweep file
  toml TEXT NOT NULL,            -- its text
  sha256 TEXT NOT NULL,          -- of its text and the overrides
  created_us INTEGER NOT NULL    -- microseconds since 1970, UTC, here and in every *_us column
) STRICT;

CREATE TABLE run(
  id INTEGER PRIMARY KEY,
  run_id TEXT NOT NULL UNIQUE CHECK(length(run_id) BETWEEN 1 AND 64),
  group_id TEXT NOT NULL,        -- the same run without the seed
  control_id TEXT,               -- run_id of the same run without balancing
  parent_id TEXT,                -- run_id whose final weights this run starts from
  seed INTEGER NOT NULL,
  label TEXT NOT NULL,
  status TEXT NOT NULL DEFAULT 'planned' CHECK(status IN ('planned', 'running', 'done', 'failed', 'diverged',
    'interrupted', 'lost', 'quarantined', 'void')),
  config TEXT NOT NULL,          -- every field, one "section.key = value" a line
  identity TEXT NOT NULL,        -- the fields that make the run what it is and differ from their default
  created_us INTEGER NOT NULL,
  finished_us INTEGER,
  message TEXT NOT NULL DEFAULT '',
  cause TEXT NOT NULL DEFAULT '',          -- outcome of the last attempt
  crashes INTEGER NOT NULL DEFAULT 0,      -- in a row, without a checkpoint between
  epoch INTEGER NOT NULL DEFAULT 0         -- counts the leases given
) STRICT;
CREATE INDEX run_group ON run(group_id);

CREATE TABLE experiment_run(
  experiment INTEGER NOT NULL REFERENCES experiment(id) ON DELETE CASCADE,
  ordinal INTEGER NOT NULL,
  run INTEGER NOT NULL REFERENCES run(id),
  PRIMARY KEY(experiment, ordinal), UNIQUE(experiment, run)
) STRICT, WITHOUT ROWID;

CREATE TABLE param_key(
  key TEXT PRIMARY KEY,          -- 'model.layers'; the column of run_wide is model_layers
  ordinal INTEGER NOT NULL,
  type TEXT NOT NULL,            -- int, float, bool, string
  unit TEXT NOT NULL,
  help TEXT NOT NULL,
  fallback ANY                   -- value of runs stored before the key existed
) STRICT, WITHOUT ROWID;
CREATE TABLE param(
  run INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE,
  key TEXT NOT NULL REFERENCES param_key(key),
  value ANY NOT NULL,
  PRIMARY KEY(run, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE attempt(
  run INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE,
  attempt INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  host TEXT NOT NULL, pid INTEGER NOT NULL,
  device TEXT NOT NULL, processor TEXT NOT NULL, threads INTEGER NOT NULL,
  git_commit TEXT NOT NULL, git_dirty INTEGER NOT NULL CHECK(git_dirty IN (0, 1)), build TEXT NOT NULL,
  start_step INTEGER NOT NULL,
  started_us INTEGER NOT NULL, ended_us INTEGER,
  outcome TEXT CHECK(outcome IN ('done', 'interrupted', 'diverged', 'lost', 'oom', 'signal', 'disk', 'io', 'assert',
    'stalled', 'user', 'void')),
  message TEXT NOT NULL DEFAULT '',
  PRIMARY KEY(run, attempt)
) STRICT, WITHOUT ROWID;

CREATE TABLE lease(
  run INTEGER PRIMARY KEY REFERENCES run(id) ON DELETE CASCADE,
  epoch INTEGER NOT NULL,        -- every write of the holder carries it
  host TEXT NOT NULL, boot TEXT NOT NULL, pid INTEGER NOT NULL, start INTEGER NOT NULL,
  expires_boot_us INTEGER NOT NULL,   -- on the holder's clock since boot
  expires_us INTEGER NOT NULL         -- wall clock, used only from another host
) STRICT;

CREATE TABLE metric_name(
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,     -- 'eval/loss'
  level TEXT NOT NULL CHECK(level IN ('run', 'layer', 'head')),
  unit TEXT NOT NULL,
  better TEXT NOT NULL CHECK(better IN ('lower', 'higher', '')),
  help TEXT NOT NULL
) STRICT;
CREATE TABLE metric(
  run INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE,
  name INTEGER NOT NULL REFERENCES metric_name(id),
  step INTEGER NOT NULL,
  layer INTEGER NOT NULL DEFAULT -1,
  head INTEGER NOT NULL DEFAULT -1,
  value REAL NOT NULL CHECK(abs(value) <= 1.7976931348623157e308),
  PRIMARY KEY(run, name, step, layer, head)
) STRICT, WITHOUT ROWID;
CREATE TABLE histogram(
  run INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  step INTEGER NOT NULL,
  layer INTEGER NOT NULL DEFAULT -1,
  head INTEGER NOT NULL DEFAULT -1,
  lo REAL NOT NULL, hi REAL NOT NULL,
  counts TEXT NOT NULL,          -- JSON array, equal bins from lo to hi
  PRIMARY KEY(run, name, step, layer, head)
) STRICT, WITHOUT ROWID;

CREATE TABLE event(
  id INTEGER PRIMARY KEY,
  run INTEGER REFERENCES run(id) ON DELETE CASCADE,
  attempt INTEGER NOT NULL,      -- 0: outside an attempt
  at_us INTEGER NOT NULL,
  kind TEXT NOT NULL,
  text TEXT NOT NULL
) STRICT;
CREATE INDEX event_run ON event(run);

CREATE TABLE checkpoint(
  run INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE,
  step INTEGER NOT NULL,
  final INTEGER NOT NULL CHECK(final IN (0, 1)),   -- 1: the weights at the end
  path TEXT NOT NULL,            -- below NAME.runs/RUN_ID/ beside the database NAME.db
  bytes INTEGER NOT NULL,
  sha256 TEXT NOT NULL,
  at_us INTEGER NOT NULL,
  PRIMARY KEY(run, step, final)
) STRICT, WITHOUT ROWID;

CREATE TABLE bench(
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,            -- what was timed
  variant TEXT NOT NULL,
  setting TEXT NOT NULL,         -- JSON object: sizes and options
  value REAL NOT NULL CHECK(abs(value) <= 1.7976931348623157e308),
  unit TEXT NOT NULL,
  host TEXT NOT NULL, device TEXT NOT NULL, processor TEXT NOT NULL,
  git_commit TEXT NOT NULL, git_dirty INTEGER NOT NULL CHECK(git_dirty IN (0, 1)),
  at_us INTEGER NOT NULL
) STRICT;

-- Two-sided 95% quantiles of Student's t; beyond the last df that is at most the one wanted.
CREATE TABLE t_quantile(df INTEGER PRIMARY KEY, t95 REAL NOT NULL) STRICT;
INSERT INTO t_quantile VALUES
  (1, 12.70620474), (2, 4.30265273), (3, 3.182446305), (4, 2.776445105), (5, 2.570581836), (6, 2.446911851),
  (7, 2.364624252), (8, 2.306004135), (9, 2.262157163), (10, 2.228138852), (11, 2.20098516), (12, 2.17881283),
  (13, 2.160368656), (14, 2.144786688), (15, 2.131449546), (16, 2.119905299), (17, 2.109815578), (18, 2.10092204),
  (19, 2.093024054), (20, 2.085963447), (21, 2.079613845), (22, 2.073873068), (23, 2.06865761), (24, 2.063898562),
  (25, 2.059538553), (26, 2.055529439), (27, 2.051830516), (28, 2.048407142), (29, 2.045229642), (30, 2.042272456),
  (40, 2.02107539), (60, 2.000297822), (100, 1.983971519), (1000, 1.962339081);
)sql";

constexpr const char* kInputs = R"sql(
CREATE TABLE input(
  run INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE,
  part TEXT NOT NULL,            -- source, train, valid, test, 'valid file', 'test file', tokenizer, task, weights
  ordinal INTEGER NOT NULL,      -- of files and tasks
  name TEXT NOT NULL,            -- of the folder, file, task or parent run; never a path
  sha256 TEXT NOT NULL,
  tokens INTEGER, bytes INTEGER,
  rows INTEGER,                  -- that the last evaluation reads
  PRIMARY KEY(run, part, ordinal)
) STRICT, WITHOUT ROWID;
)sql";

// Tags and notes that people give to runs; nothing depends on them.
constexpr const char* kRemarks = R"sql(
CREATE TABLE tag(
  run INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE,
  tag TEXT NOT NULL CHECK(length(tag) BETWEEN 1 AND 64),
  at_us INTEGER NOT NULL,
  PRIMARY KEY(run, tag)
) STRICT, WITHOUT ROWID;
CREATE TABLE note(
  run INTEGER PRIMARY KEY REFERENCES run(id) ON DELETE CASCADE,
  text TEXT NOT NULL,
  at_us INTEGER NOT NULL
) STRICT;
)sql";
constexpr const char* kNoRemarks = R"sql(
CREATE TEMP VIEW tag AS SELECT 0 AS run, '' AS tag, 0 AS at_us WHERE 0;
CREATE TEMP VIEW note AS SELECT 0 AS run, '' AS text, 0 AS at_us WHERE 0;
)sql";

// Processes that trained the model together.
constexpr const char* kRanks = "ALTER TABLE attempt ADD COLUMN ranks INTEGER NOT NULL DEFAULT 1;";
constexpr const char* kOneRank =
    "CREATE TEMP VIEW attempt AS SELECT *, 1 AS ranks FROM main.attempt;";

// Copies the file before the first step. The copy is complete under its name or does not exist. A
// copy of an older version is kept: it was made before a step that was interrupted.
void keep_copy(sql::Connection& db, int64_t from, int64_t to) {
  const fs::path copy = db.path().string() + ".before-v" + std::to_string(to),
                 aside = copy.string() + ".tmp";
  std::error_code error;
  if (fs::is_regular_file(copy, error) &&
      sql::Connection(copy, sql::Connection::Mode::read_only).integer("PRAGMA user_version") < from)
    return;
  fs::remove(aside, error);  // left by an interrupted migration
  sql::Statement(db, "VACUUM INTO ?").bind(aside.string()).run();
  put_in_place(aside, copy);
}

void apply(sql::Connection& db, const Migration& step, int64_t application_id) {
  db.write([&] {
    // Another process may have been faster.
    if (db.integer("PRAGMA user_version") >= step.version) return;
    db.exec(step.sql);
    remake_views(db);
    db.exec("PRAGMA application_id = " + std::to_string(application_id));
    db.exec("PRAGMA user_version = " + std::to_string(step.version));
  });
}

}  // namespace

std::span<const Migration> migrations() {
  static const Migration steps[] = {
      {1, kTables}, {2, kInputs}, {3, kRemarks, kNoRemarks}, {4, kRanks, kOneRank}};
  return steps;
}

int64_t schema_version() { return migrations().back().version; }

void migrate(sql::Connection& db, std::span<const Migration> steps, int64_t application_id) {
  const int64_t at = db.integer("PRAGMA user_version");
  if (at >= steps.back().version) return;
  if (at > 0) {
    keep_copy(db, at, steps.back().version);
    application_id = db.integer("PRAGMA application_id");
  }
  for (const Migration& step : steps)
    if (step.version > at) apply(db, step, application_id);
}

}  // namespace sinkmoe::store
