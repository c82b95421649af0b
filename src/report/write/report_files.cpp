#include "core/file.h"
#include "core/text/split_join.h"
#include "core/text/utf8.h"
#include "report/report.h"
#include "report/write/render.h"

namespace sinkmoe::report {

namespace {

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
    page_.documents = documents.list;
    page_.problems = documents.problems;
    page_.problems.insert(page_.problems.end(), written_.problems.begin(), written_.problems.end());
    page_.absent = documents.absent;
    page_.head = options_.head;
    if (!options_.index.empty()) contents_.emplace_back(options_.index, render_page(page_));
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
    page_.files[d.id].push_back(name);
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
      page_.svg[d.id] = *svg;
      put(d, "svg", *svg);
      put(d, "png", *png);
    } catch (const std::runtime_error& e) {
      written_.problems.push_back(d.id + ": not drawn: " + printable(e.what()));
    }
  }

  std::filesystem::path folder_;
  WriteOptions options_;
  bool gnuplot_there_ = true;
  PageInput page_;
  std::vector<std::pair<std::string, std::string>> contents_;
  Written written_;
};

}  // namespace

Written write_documents(const Documents& documents, const std::filesystem::path& folder,
                        const WriteOptions& options) {
  Writer writer(folder, options);
  for (const Document& d : documents.list) writer.add(d);
  return writer.finish(documents);
}

}  // namespace sinkmoe::report
