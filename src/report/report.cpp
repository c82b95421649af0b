#include "report/report.h"

#include <algorithm>
#include <set>

#include "core/error.h"
#include "core/file.h"
#include "core/text/safe_name.h"
#include "core/text/split_join.h"
#include "core/text/utf8.h"
#include "report/judge/family.h"
#include "report/spec/query_text.h"
#include "report/write/render.h"

namespace sinkmoe::report {

namespace {

// The parts of the database that a report needs to know.
struct Stock {
  std::vector<std::string> experiments;  // sorted
  std::set<std::string> columns;         // of run_wide
  std::map<std::string, std::string> commits;
  Trainings trainings;
  std::string variants, losses;  // the parameters :variants and :losses
};

// In this order the tables and figures show them; others follow by name. It decides the colours of figures.
constexpr const char* kVariants = "vanilla sink gated";
constexpr const char* kLosses = "cv2 switch l2_mean entropy random_target";

// `known`, then the other values of a column, with blanks between.
std::string in_order(const QueryFunction& query, const Stock& stock, const std::string& known,
                     const std::string& column) {
  std::vector<std::string> names = split(known, ' ');
  if (!stock.columns.contains(column)) return known;
  for (const auto& row : query("select distinct " + column + " from run_wide order by 1").rows)
    if (std::find(names.begin(), names.end(), to_text(row[0])) == names.end())
      names.push_back(to_text(row[0]));
  return join(names, " ");
}

Stock take_stock(const QueryFunction& query) {
  Stock stock;
  for (const auto& row : query("select distinct experiment from experiment_wide order by 1").rows)
    stock.experiments.push_back(to_text(row[0]));
  const Table wide = query("select * from run_wide limit 0");
  stock.columns.insert(wide.columns.begin(), wide.columns.end());
  for (const auto& row : query("select run_id, git_commit from run_wide").rows)
    stock.commits[to_text(row[0])] = to_text(row[1]);
  if (stock.columns.contains("parent_id") && stock.columns.contains("train_steps"))
    for (const auto& row : query("select run_id, parent_id from run_wide where train_steps = 0 and "
                                 "coalesce(parent_id, '') <> ''")
                               .rows)
      stock.trainings[to_text(row[0])] = to_text(row[1]);
  stock.variants = in_order(query, stock, kVariants, "attention_kind");
  stock.losses = in_order(query, stock, kLosses, "balance_loss");
  return stock;
}

// The experiments of the spec that the database has; "*" means those that no artifact names.
std::vector<std::string> experiments_of(const Spec& spec, const Stock& stock,
                                        const std::vector<std::string>& only) {
  std::vector<std::string> list;
  const auto there = [](const std::vector<std::string>& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  const auto named = [&](const std::string& name) {
    return there(spec.named, name) ||
           std::any_of(spec.experiments.begin(), spec.experiments.end(),
                       [&](const SpecExperiment& e) { return e.name == name; });
  };
  for (const SpecExperiment& e : spec.experiments) {
    if (e.name != "*" && there(stock.experiments, e.name)) list.push_back(e.name);
    if (e.name != "*") continue;
    for (const std::string& other : stock.experiments)
      if (!named(other)) list.push_back(other);
  }
  if (!only.empty()) std::erase_if(list, [&](const std::string& e) { return !there(only, e); });
  return list;
}

class Maker {
 public:
  Maker(const QueryFunction& query, const Stock& stock) : query_(query), stock_(stock) {}

  // `shown`: the whole document; otherwise only its judgements.
  Document make(const Spec& spec, const std::string& experiment, bool shown) const {
    if (!experiment.empty() && !safe_experiment_name(experiment))
      throw Error("the experiment's name cannot become a file name", spec.path);
    std::set<std::string> absent;
    for (const std::string& column : spec.optional_columns)
      if (!stock_.columns.contains(column)) absent.insert(column);
    DocumentInput input;
    input.experiment = experiment;
    const std::map<std::string, std::string> parameters = {
        {":experiment", experiment}, {":variants", stock_.variants}, {":losses", stock_.losses}};
    input.query = fill_query(spec.query, parameters, absent);
    if (shown || spec.cells.query.empty()) input.rows = query_(input.query);
    if (!spec.cells.query.empty()) {
      input.cells_query = fill_query(spec.cells.query, parameters, absent);
      input.cells = query_(input.cells_query);
    }
    input.commits = stock_.commits;
    return shown ? make_document(spec, input) : measure_document(spec, input);
  }

 private:
  const QueryFunction& query_;
  const Stock& stock_;
};

class Writer {
 public:
  Writer(const std::filesystem::path& folder, const WriteOptions& options)
      : folder_(folder), options_(options) {}

  void add(const Document& d) {
    put(d, "md", render_markdown(d));
    if (d.grid) put(d, "tex", render_latex(d));
    put(d, "csv", render_csv(d.data));
    put(d, "json", render_json(d));
    if (d.figure) add_figure(d);
  }

  Written finish(const Documents& documents) {
    index_.documents = documents.list;
    index_.messages = documents.problems;
    index_.messages.insert(index_.messages.end(), written_.problems.begin(),
                           written_.problems.end());
    for (const std::string& name : documents.absent)
      index_.messages.push_back("No runs for the artifact " + name + " yet.");
    if (options_.index) contents_.emplace_back("index.html", render_index(index_));
    ensure_writable_folder(folder_);
    for (const auto& [name, content] : contents_) {
      write_file_atomic(folder_ / name, content);
      written_.files.push_back(name);
    }
    return written_;
  }

 private:
  void put(const Document& d, const std::string& extension, std::string content) {
    const std::string name = d.id + "." + extension;
    index_.files[d.id].push_back(name);
    contents_.emplace_back(name, std::move(content));
  }

  void add_figure(const Document& d) {
    if (!gnuplot_there_) return;
    try {
      const std::string description = join(provenance_lines(d), "\n");
      const auto svg = draw(options_.gnuplot, *d.figure, Picture::kSvg, description);
      const auto png =
          svg ? draw(options_.gnuplot, *d.figure, Picture::kPng, description) : std::nullopt;
      if (!svg || !png) {
        gnuplot_there_ = false;
        written_.problems.push_back(
            "Figures are not drawn: there is no program '" + options_.gnuplot.program +
            "' (Debian: apt-get install gnuplot-nox). Tables and numbers are complete.");
        return;
      }
      index_.svg[d.id] = *svg;
      put(d, "svg", *svg);
      put(d, "png", *png);
    } catch (const std::runtime_error& e) {
      written_.problems.push_back(d.id + ": not drawn: " + printable(e.what()));
    }
  }

  std::filesystem::path folder_;
  WriteOptions options_;
  bool gnuplot_there_ = true;
  IndexInput index_;
  std::vector<std::pair<std::string, std::string>> contents_;
  Written written_;
};

std::string problem_text(const Spec& spec, const std::string& experiment, const std::string& what,
                         const Error& e) {
  const std::string of = experiment.empty() ? "" : " of experiment " + printable(experiment);
  return spec.name + of + " " + what + ": " + e.what();
}

std::set<std::string> primary_claims(const std::vector<Judgement>& judgements) {
  std::set<std::string> claims;
  for (const Judgement& o : judgements)
    if (o.expectation.primary) claims.insert(o.expectation.claim);
  return claims;
}

std::string document_id(const Spec& spec, const std::string& experiment) {
  return spec.name + (experiment.empty() ? "" : "." + experiment);
}

// What is not shown and decides a claim that is: the judgements of other artifacts and experiments.
// `tried`: ids of the documents that were made or have a problem already.
std::vector<Document> relatives(const std::vector<const Spec*>& specs, const Stock& stock,
                                const Maker& maker, const std::set<std::string>& tried,
                                Documents& shown) {
  std::set<std::string> claims;
  for (const Document& d : shown.list) claims.merge(primary_claims(d.judgements));
  const auto decides = [&](const Expectation& e) { return e.primary && claims.contains(e.claim); };
  std::vector<Document> list;
  for (const Spec* spec : specs) {
    if (std::none_of(spec->expect.begin(), spec->expect.end(), decides)) continue;
    std::vector<std::string> experiments = experiments_of(*spec, stock, {});
    if (spec->experiments.empty()) experiments = {""};
    for (const std::string& experiment : experiments) {
      if (tried.contains(document_id(*spec, experiment))) continue;
      try {
        list.push_back(maker.make(*spec, experiment, false));
      } catch (const Error& e) {
        shown.problems.push_back(problem_text(*spec, experiment, "not judged with the others", e));
      }
    }
  }
  return list;
}

void judge(std::vector<Document>& shown, std::vector<Document>& others,
           const Trainings& trainings) {
  std::vector<MeasuredArtifact> artifacts;
  for (auto* list : {&shown, &others})
    for (Document& d : *list) artifacts.push_back({d.id, d.experiment, d.counts, &d.judgements});
  // The order decides which of two equal cells is the duplicate: it must not depend on what is shown.
  std::stable_sort(artifacts.begin(), artifacts.end(),
                   [](const auto& a, const auto& b) { return a.document < b.document; });
  judge_families(artifacts, trainings);
}

}  // namespace

Documents make_documents(const std::vector<Spec>& specs, const QueryFunction& query,
                         const std::vector<std::string>& only, const std::vector<Spec>& others) {
  const Stock stock = take_stock(query);
  const Maker maker(query, stock);
  Documents documents;
  std::set<std::string> tried;
  std::vector<const Spec*> all;
  for (const auto* list : {&specs, &others})
    for (const Spec& spec : *list) all.push_back(&spec);
  for (const Spec& spec : specs) {
    std::vector<std::string> experiments = experiments_of(spec, stock, only);
    if (spec.experiments.empty() && only.empty()) experiments = {""};
    if (experiments.empty()) documents.absent.push_back(spec.name);
    for (const std::string& experiment : experiments) {
      tried.insert(document_id(spec, experiment));
      try {
        Document made = maker.make(spec, experiment, true);
        // Without an experiment: there is no data yet.
        if (experiment.empty() && made.data.rows.empty())
          documents.absent.push_back(spec.name);
        else
          documents.list.push_back(std::move(made));
      } catch (const Error& e) {
        documents.problems.push_back(problem_text(spec, experiment, "not made", e));
      }
    }
  }
  std::vector<Document> not_shown = relatives(all, stock, maker, tried, documents);
  judge(documents.list, not_shown, stock.trainings);
  return documents;
}

Written write_documents(const Documents& documents, const std::filesystem::path& folder,
                        const WriteOptions& options) {
  Writer writer(folder, options);
  for (const Document& d : documents.list) writer.add(d);
  return writer.finish(documents);
}

}  // namespace sinkmoe::report
