#include "cli/output/terminal_filter.h"

#include "core/text/utf8.h"

namespace sinkmoe::cli {

TerminalFilter::TerminalFilter(std::ostream& stream, bool on)
    : stream_(stream), below_(stream.rdbuf()) {
  if (on) stream_.rdbuf(this);
}

TerminalFilter::~TerminalFilter() {
  TerminalFilter::sync();
  stream_.rdbuf(below_);
}

bool TerminalFilter::write_line() {
  const std::string text = printable(line_);
  line_.clear();
  const auto size = static_cast<std::streamsize>(text.size());
  return below_->sputn(text.data(), size) == size;
}

// This class has no buffer, so every character comes here.
TerminalFilter::int_type TerminalFilter::overflow(int_type c) {
  if (traits_type::eq_int_type(c, traits_type::eof())) return traits_type::not_eof(c);
  line_ += traits_type::to_char_type(c);
  return line_.back() != '\n' || write_line() ? c : traits_type::eof();
}

int TerminalFilter::sync() { return write_line() ? below_->pubsync() : -1; }

}  // namespace sinkmoe::cli
