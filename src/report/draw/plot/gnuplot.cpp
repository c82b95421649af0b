#include "report/draw/plot/gnuplot.h"

#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <system_error>

#include "core/system/process.h"
#include "core/text/split_join.h"
#include "core/text/utf8.h"
#include "report/draw/plot/png_text.h"
#include "report/text/escape.h"

namespace sinkmoe::report {

namespace {

// A file in memory, so that the child's streams never block and no path is needed.
class MemoryFile {
 public:
  explicit MemoryFile(const std::string& content = "")
      : fd_(::memfd_create("gnuplot", MFD_CLOEXEC)) {
    if (fd_ < 0) throw std::runtime_error("no memory file: " + std::string(std::strerror(errno)));
    size_t at = 0;
    while (at < content.size()) {
      const ssize_t n = ::write(fd_, content.data() + at, content.size() - at);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) throw std::runtime_error("memory file: " + std::string(std::strerror(errno)));
      at += static_cast<size_t>(n);
    }
    ::lseek(fd_, 0, SEEK_SET);
  }
  ~MemoryFile() { ::close(fd_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  int fd() const { return fd_; }

  std::string content() const {
    struct stat info{};
    ::fstat(fd_, &info);
    std::string text(static_cast<size_t>(info.st_size), '\0');
    size_t at = 0;
    while (at < text.size()) {
      const ssize_t n = ::pread(fd_, text.data() + at, text.size() - at, static_cast<off_t>(at));
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) break;
      at += static_cast<size_t>(n);
    }
    text.resize(at);
    return text;
  }

 private:
  int fd_;
};

pid_t start(const std::string& program, const MemoryFile& in, const MemoryFile& out,
            const MemoryFile& err) {
  const char* search = std::getenv("PATH");
  return start_process({.program = program,
                        .arguments = {program, "-d", "-"},  // no settings of the user; from stdin
                        .environment = {"LC_ALL=C.UTF-8", "HOME=/nonexistent",
                                        std::string("PATH=") + (search ? search : "/usr/bin:/bin")},
                        .descriptors = {{in.fd(), 0}, {out.fd(), 1}, {err.fd(), 2}}});
}

std::string terminal(const Figure& f, Picture picture) {
  // Twice the size for PNG, so that it is sharp on a high-resolution screen.
  if (picture == Picture::kPng)
    return fmt::format(
        "set terminal pngcairo noenhanced size {},{} font 'DejaVu Sans,11' fontscale 2 linewidth 2 "
        "pointscale 2 background rgb 'white'\n",
        2 * f.width, 2 * f.height);
  return fmt::format(
      "set terminal svg noenhanced size {},{} fixed font 'DejaVu Sans,11' fontscale 1.25 "
      "background rgb "
      "'white'\n",
      f.width, f.height);
}

// gnuplot first echoes the command, however long, and then the line with the error.
std::string reason(const std::string& errors) {
  constexpr size_t kMost = 300;
  for (const std::string& line : split(errors, '\n'))
    if (trim(line).starts_with("line ")) return printable(trim(line)).substr(0, kMost);
  return printable(trim(errors)).substr(0, kMost);
}

// Adds fallback fonts, and replaces gnuplot's own title and metadata (which names its version)
// by those of the figure.
std::string finished_svg(std::string svg, const std::string& title,
                         const std::string& description) {
  replace_all(svg, "font-family=\"DejaVu Sans\"",
              "font-family=\"DejaVu Sans, Verdana, Arial, sans-serif\"");
  const size_t from = svg.find("<desc>"), to = svg.find("</desc>");
  const std::string desc = "<desc>" + html_escape(description);
  if (from != std::string::npos && to != std::string::npos) svg.replace(from, to - from, desc);
  replace_all(svg, "<title>Gnuplot</title>", "<title>" + html_escape(title) + "</title>");
  return svg;
}

}  // namespace

std::optional<std::string> draw(const Gnuplot& gnuplot, const Figure& figure, Picture picture,
                                const std::string& description) {
  const MemoryFile in(terminal(figure, picture) + "set encoding utf8\n" + figure.script), out, err;
  std::optional<int> ended;
  try {
    ended = wait_for(start(gnuplot.program, in, out, err), gnuplot.seconds);
  } catch (const std::system_error& e) {
    if (e.code() == std::errc::no_such_file_or_directory) return std::nullopt;
    throw;
  }
  if (!ended)
    throw std::runtime_error(gnuplot.program + " took more than " +
                             std::to_string(gnuplot.seconds) + " s");
  const int status = *ended;
  if (WIFEXITED(status) && WEXITSTATUS(status) == 127) return std::nullopt;
  std::string picture_bytes = out.content();
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || picture_bytes.empty())
    throw std::runtime_error(gnuplot.program + " failed: " + reason(err.content()));
  return picture == Picture::kSvg
             ? finished_svg(std::move(picture_bytes), figure.title, description)
             : png_with_text(std::move(picture_bytes), "Description", description);
}

}  // namespace sinkmoe::report
