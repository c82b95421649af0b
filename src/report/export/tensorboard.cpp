// Event files of TensorBoard: records of a length, its checksum, a protobuf message Event, and the
// checksum of that. Numbers are little-endian.
//
//   Event   1: wall_time (double)  2: step (int64)  3: file_version (string)  5: summary (Summary)
//   Summary 1: value (Value), repeated
//   Value   1: tag (string)  2: simple_value (float)
#include <array>
#include <bit>
#include <boost/crc.hpp>
#include <cctype>
#include <cmath>
#include <map>
#include <string_view>

#include "core/file.h"
#include "report/export/curves.h"

namespace sinkmoe::report {

namespace {

static_assert(std::endian::native == std::endian::little);
constexpr size_t kNameBytes = 150;

template <class T>
std::string bytes(T value) {
  const auto raw = std::bit_cast<std::array<char, sizeof(T)>>(value);
  return {raw.data(), raw.size()};
}

// CRC-32C, masked as the format asks, because records may hold checksums themselves.
std::string checksum(const std::string& data) {
  boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> crc;
  crc.process_bytes(data.data(), data.size());
  const auto value = static_cast<uint32_t>(crc.checksum());
  return bytes<uint32_t>(((value >> 15) | (value << 17)) + 0xa282ead8u);
}

std::string record(const std::string& message) {
  const std::string length = bytes<uint64_t>(message.size());
  return length + checksum(length) + message + checksum(message);
}

std::string varint(uint64_t value) {
  std::string text;
  for (; value >= 128; value >>= 7) text += static_cast<char>(value | 128);
  return text + static_cast<char>(value);
}

// A field of a message: its number with the type of its value, then the value.
enum class Wire { varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 };
std::string field(uint64_t number, Wire type, const std::string& value) {
  const std::string key = varint(number << 3 | static_cast<uint64_t>(type));
  return key + (type == Wire::bytes ? varint(value.size()) : "") + value;
}

std::string event(double time, int64_t step, const std::string& what) {
  // A number that is 0 is left out.
  return field(1, Wire::fixed64, bytes(time)) +
         (step ? field(2, Wire::varint, varint(static_cast<uint64_t>(step))) : "") + what;
}

// A folder's name from a label: "attention.kind=sink train.seed=1" stays readable.
std::string folder_name(const RunCurves& run) {
  std::string name = run.label.substr(0, kNameBytes);
  for (char& c : name)
    if (!std::isalnum(static_cast<unsigned char>(c)) &&
        std::string_view("._=,+-").find(c) == std::string_view::npos)
      c = '_';
  return name + "_" + run.run_id.substr(0, 12);
}

}  // namespace

std::string tensorboard_events(const RunCurves& run) {
  // All metrics of one step are one event.
  std::map<int64_t, std::string> summaries;
  for (const RunCurve& curve : run.curves)
    for (const CurvePoint& point : curve.points)
      summaries[point.step] +=
          field(1, Wire::bytes,
                field(1, Wire::bytes, curve.metric) +
                    field(2, Wire::fixed32, bytes(static_cast<float>(point.value))));
  std::string file = record(event(run.started, 0, field(3, Wire::bytes, "brain.Event:2")));
  const double seconds_per_step =
      run.last_step > 0 ? (run.ended - run.started) / static_cast<double>(run.last_step) : 0;
  for (const auto& [step, summary] : summaries)
    file += record(event(run.started + seconds_per_step * static_cast<double>(step), step,
                         field(5, Wire::bytes, summary)));
  return file;
}

std::vector<std::filesystem::path> write_tensorboard(const std::vector<RunCurves>& runs,
                                                     const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const RunCurves& run : runs) {
    const std::filesystem::path place = folder / folder_name(run);
    ensure_writable_folder(place);
    files.push_back(place /
                    ("events.out.tfevents." +
                     std::to_string(static_cast<int64_t>(std::floor(run.started))) + ".sinkmoe"));
    write_file_atomic(files.back(), tensorboard_events(run));
  }
  return files;
}

}  // namespace sinkmoe::report
